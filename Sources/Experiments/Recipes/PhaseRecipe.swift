import Baselines
import EnergyModels
import Networks
import Tensors

/// `[[phase]]`: one stretch of training with its own models, batches and optimisers.
public struct PhaseRecipe: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable {
        /// The flow by maximum likelihood.
        case flowMLE = "flow-mle"
        /// The energy against a fixed flow: FCE-init.
        case energy
        /// Energy and flow in turns: FCE.
        case joint
        /// The energy's classifier on labelled images (and VAT, entropy on unlabelled ones).
        case supervised
        /// The energy's classifier against a generator that matches its features.
        case gan
        /// The energy by contrastive divergence, its samples being Langevin chains.
        case chains
        /// The energy's layers as the encoder of a variational autoencoder.
        case vae
        /// The energy's network as a critic against a generator, without labels.
        case adversarial

        /// Whether labelled images take part.
        public var takesLabels: Bool {
            switch self {
            case .energy, .joint, .supervised, .gan: true
            case .flowMLE, .chains, .vae, .adversarial: false
            }
        }

        /// Whether a flow takes part.
        var needsFlow: Bool {
            switch self {
            case .flowMLE, .energy, .joint: true
            case .supervised, .gan, .chains, .vae, .adversarial: false
            }
        }

        /// Whether a generator takes part.
        var needsGenerator: Bool { self == .gan || self == .adversarial }
    }

    public typealias Objective = FlowObjective

    /// What critic and generator of an adversarial phase minimise.
    public enum AdversarialLoss: String, CaseIterable, Sendable {
        /// Logistic losses: DCGAN.
        case nonSaturating = "non-saturating"
        /// The critic's difference, its weights clipped: WGAN.
        case wasserstein
        /// The same with a penalty on the gradient's length in place of clipping: WGAN-GP.
        case gradientPenalty = "gradient-penalty"
        /// The hinge loss: SN-GAN.
        case hinge
        /// Energies' difference, and an entropy for the generator: DDGM.
        case deepDirected = "deep-directed"
        /// Kernel means, the critic repelling images from each other: MMD-GAN.
        case repulsive
    }

    public var kind: Kind
    /// Updates; a joint phase counts those of the energy, an adversarial one those of the generator.
    public var steps = 0
    /// Images without labels per update.
    public var batch = 64
    public var labelledBatch = 64
    /// The optimiser of the flow in a `flow-mle` phase, else of the energy.
    public var optimizer: OptimizerRecipe
    /// The optimiser of the flow in a joint phase.
    public var flowOptimizer = OptimizerRecipe(kind: .adamax, rate: 1e-5)
    /// The optimiser of the generator in a GAN or an adversarial phase.
    public var generatorOptimizer = OptimizerRecipe.gan
    /// How a phase of chains samples from the energy.
    public var chains = ChainsRecipe(start: .persistent)
    /// p(x|z) of a variational autoencoder.
    public var observation = ImageLikelihood.gaussian
    public var loss = AdversarialLoss.nonSaturating
    /// Updates of the critic before each of the generator.
    public var criticSteps = 1
    /// Largest magnitude of a weight of WGAN's critic.
    public var weightClip = 0.01
    /// λ of WGAN-GP.
    public var penaltyWeight = 10.0
    /// Weight of V (eq. 12).
    public var valueWeight = 1.0
    /// Samples of the fixed flow held at once; 0: fresh ones for each update.
    public var pool = 0
    /// Uses of a sample before the next one of the flow's stream takes its place.
    public var poolUses = 8
    /// Cached dequantisation draws per image; 0: fresh noise for each update.
    public var draws = 0
    public var gate = GateRecipe()
    public var objective = Objective.value
    /// The dependence on α that the flow's update follows.
    public var flowGradient = FlowGradient.full
    /// Weight of −E_data[log q], in nats, in what the flow minimises; the paper has no such term.
    public var likelihood = 0.0
    /// Largest rise of the flow's bits/dim on held-out training images before the run stops.
    public var divergenceGuard = 0.5

    /// The defaults of a kind of phase.
    public init(kind: Kind) {
        self.kind = kind
        switch kind {
        case .flowMLE: optimizer = OptimizerRecipe(kind: .adamax, rate: 1e-3, warmup: 200)
        case .energy, .joint, .supervised: optimizer = OptimizerRecipe(kind: .adam, rate: 3e-4)
        case .gan: (optimizer, valueWeight) = (.gan, 0.5)
        case .chains: optimizer = OptimizerRecipe(kind: .adam, rate: 1e-4)
        case .vae: optimizer = OptimizerRecipe(kind: .adam, rate: 1e-3)
        case .adversarial: (optimizer, generatorOptimizer) = (.adversarial, .adversarial)
        }
    }
}

/// An optimiser and the schedule of its rate.
public struct OptimizerRecipe: Sendable, Equatable {
    public typealias Kind = UpdateRule

    public enum Decay: String, CaseIterable, Sendable { case none, linear, gaussian }
    public typealias Shape = Schedule.Shape

    public var kind: Kind
    public var rate: Double
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// Steps over which the rate rises.
    public var warmup = 0
    public var warmupShape = Shape.linear
    /// β₂ during the warm-up; 0: ``beta2``.
    public var warmupBeta2 = 0.0
    public var decay = Decay.none
    /// Share of the phase after which the rate falls, to 0 at the end.
    public var decayStart = 0.6
    /// β₁ while the rate falls, at once with a linear decay, and as the rate falls with a Gaussian one; 0: ``beta1``.
    public var decayBeta1 = 0.0
    /// Largest norm of the gradient; 0: not clipped.
    public var clip = 0.0

    public init(kind: Kind, rate: Double, warmup: Int = 0) {
        self.kind = kind
        self.rate = rate
        self.warmup = warmup
    }

    /// The optimiser of both models of a GAN, as in openai/improved-gan.
    static let gan = {
        var recipe = OptimizerRecipe(kind: .adam, rate: 3e-4)
        recipe.beta1 = 0.5
        return recipe
    }()

    /// The optimiser of both models of an adversarial phase; Radford et al. 2016.
    static let adversarial = {
        var recipe = OptimizerRecipe(kind: .adam, rate: 2e-4)
        recipe.beta1 = 0.5
        return recipe
    }()
}

/// `phase.gate`: which model is updated next in a joint phase. The energy is updated until the accuracy of
/// log p − log q as a classifier rises above `high`, then the flow until it falls below `low`. With a cap of 1 they
/// alternate.
public struct GateRecipe: Sendable, Equatable {
    public var high = 0.5
    public var low = 0.5
    /// Decay of the exponential average of the accuracy; 0 takes the last update's, as the paper does.
    public var smoothing = 0.9
    /// Most updates a turn; 0: no limit.
    public var cap = 20
}
