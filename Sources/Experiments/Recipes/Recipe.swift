import Datasets
import EnergyModels
import Tensors

/// What an experiment is: data, models, objective and phases, read strictly from TOML.
///
/// Every key is listed once, in ``keys``; the values below are its defaults. A recipe names everything that
/// decides a run's numbers but the machine.
public struct Recipe: Sendable, Equatable {
    /// The row of the table a run belongs to.
    public enum Method: String, CaseIterable, Sendable {
        case supervised, vat
        case fceInit = "fce-init"
        case fceInitVAT = "fce-init-vat"
        case fce
        case fceVAT = "fce-vat"
        case vatEntropy = "vat-entropy"
        case piModel = "pi-model"
        case temporalEnsembling = "temporal-ensembling"
        case meanTeacher = "mean-teacher"
        case ganFeatureMatching = "gan-feature-matching"
        case persistentCD = "persistent-cd"
        case oneStepCD = "one-step-cd"
        case multigrid
        case vae
        /// Noise contrastive estimation: the energy against a Gaussian that is fitted to the data.
        case nce
        case dcgan, wgan
        case wganGP = "wgan-gp"
        case snGAN = "sn-gan"
        case ddgm
        case mmdGAN = "mmd-gan"
        /// The flow alone, by maximum likelihood.
        case flow
        /// The network as initialised from data, untrained: what a probe of features is compared with.
        case randomInit = "random-init"

        /// The kind of the last phase of such a run.
        public var lastPhase: PhaseRecipe.Kind {
            switch self {
            case .supervised, .vat, .vatEntropy, .piModel, .temporalEnsembling, .meanTeacher, .randomInit:
                .supervised
            case .fceInit, .fceInitVAT, .nce: .energy
            case .fce, .fceVAT: .joint
            case .ganFeatureMatching: .gan
            case .persistentCD, .oneStepCD, .multigrid: .chains
            case .vae: .vae
            case .dcgan, .wgan, .wganGP, .snGAN, .ddgm, .mmdGAN: .adversarial
            case .flow: .flowMLE
            }
        }

        /// The start of such a method's chains; nil for a method without chains.
        public var chainStart: ChainsRecipe.Start? {
            switch self {
            case .persistentCD: .persistent
            case .oneStepCD: .data
            case .multigrid: .coarserGrid
            default: nil
            }
        }

        /// Whether virtual adversarial training is part of the method.
        public var usesVAT: Bool { [.vat, .vatEntropy, .fceInitVAT, .fceVAT].contains(self) }

        /// The loss of an adversarial phase that is the method; nil for other methods.
        public var adversarialLoss: PhaseRecipe.AdversarialLoss? {
            switch self {
            case .dcgan: .nonSaturating
            case .wgan: .wasserstein
            case .wganGP: .gradientPenalty
            case .snGAN: .hinge
            case .ddgm: .deepDirected
            case .mmdGAN: .repulsive
            default: nil
            }
        }

        /// The kind of consistency that is the method.
        public var consistency: ConsistencyRecipe.Kind {
            switch self {
            case .piModel: .piModel
            case .temporalEnsembling: .temporalEnsembling
            case .meanTeacher: .meanTeacher
            default: .none
            }
        }
    }

    /// Names the run in tables and run directories; by default the recipe file's folder and name.
    public var name = ""
    public var method = Method.fce
    /// Moves the split, the initialisation and the batches; `--seed` sets it. The flow has its own.
    public var seed = 1
    /// Number format of convolution activations and weights: bfloat16 where the processor computes in it, with `auto`.
    public var precision = Precision.auto
    public var data = DataRecipe(source: .svhn)
    public var flow = FlowRecipe(kind: .glow)
    public var energy = EnergyRecipe(base: .none)
    public var input = InputRecipe()
    public var vat = VATRecipe()
    public var entropy = WeightRecipe(weight: 0)
    public var consistency = ConsistencyRecipe()
    public var label = LabelRecipe()
    public var average = AverageRecipe()
    public var generator = GeneratorRecipe()
    public var phases: [PhaseRecipe] = []
    public var log = IntervalRecipe(every: 50)
    public var evaluate = EvaluationRecipe()
    public var checkpoint = IntervalRecipe(every: 500)
    public var probe = ProbeRecipe()
    public var report = ReportRecipe()
    /// The comment at the head of the file, without `#`: the paper's number, the time, the command.
    public var header = ""

    public init() {}

    /// Samples of the flow an update of `phase` sees: ν a datum.
    public func generatedBatch(of phase: PhaseRecipe) -> Int { phase.batch * energy.negatives }
}

extension Recipe {
    /// What a seed may be: room above for what is drawn from the seeds that follow.
    public static let seeds = 0...(1 << 32)

    /// Draws points and generated images: the flow's seed unless told otherwise, so that all seeds of a row see the same.
    var dataSeed: UInt64 { UInt64(data.seed > 0 ? data.seed : flow.seed) }

    /// What the reader of the images needs to know beside source and directory.
    public var datasetOptions: DatasetOptions {
        var options = DatasetOptions()
        options.seed = dataSeed
        options.size = data.size
        options.channels = data.channels
        options.extra = data.extra
        options.testShare = data.testShare
        // Generated images of a model without classes have some all the same where a probe asks for them.
        options.classes = energy.classes == 1 && !probe.labels.isEmpty ? 10 : energy.classes
        if data.source.images?.keepsTestShare == true && data.test > 0 { options.testCount = data.test }
        if data.train > 0 { options.syntheticTrain = data.train }
        if data.test > 0 { options.syntheticTest = data.test }
        return options
    }
}

/// `[entropy]`: the weight of a term of the loss.
public struct WeightRecipe: Sendable, Equatable {
    public var weight: Double
}

/// `[consistency]`: what p(y|x) of unlabelled images should agree with.
public struct ConsistencyRecipe: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable {
        case none
        /// A second evaluation under other dropout.
        case piModel = "pi-model"
        /// The average of earlier predictions for the image.
        case temporalEnsembling = "temporal-ensembling"
        /// The averaged weights, `[average]`.
        case meanTeacher = "mean-teacher"
    }

    public var kind = Kind.none
    /// Weight at the ramp's end, beside a label term of weight 1.
    public var weight = 100.0
    /// Updates over which the weight rises as exp(−5(1 − t)²).
    public var rampUp = 0
    /// α of temporal ensembling.
    public var momentum = 0.6
}

/// `[average]`: exponentially averaged weights for p(y|x).
public struct AverageRecipe: Sendable, Equatable {
    /// 0: no average.
    public var decay = 0.0
    /// Updates with ``warmupDecay`` in place of ``decay``.
    public var warmup = 0
    public var warmupDecay = 0.99
}

/// `[evaluate]`: how often models are tested.
public struct EvaluationRecipe: Sendable, Equatable {
    /// Interval in updates as ``PhaseRecipe/steps`` counts them; 0 means only at the end of each phase.
    public var every = 0
    /// The same interval between pictures of the densities in the plane.
    public var snapshots = 0
}

/// `[log]`, `[checkpoint]`: how often something happens.
public struct IntervalRecipe: Sendable, Equatable {
    /// Interval in steps; 0 means only at the end of each phase.
    public var every: Int
}

/// `[vat]`: virtual adversarial training (Miyato et al. 2018) on unlabelled images.
public struct VATRecipe: Sendable, Equatable {
    public typealias Direction = AdversarialDirection
    public enum Masks: String, CaseIterable, Sendable { case shared, fresh }

    public var weight = 0.0
    /// Length of the perturbation, in the units of x/256 − 0.5.
    public var epsilon = 2.5
    /// Power iterations.
    public var steps = 1
    public var direction = Direction.exact
    /// Length of the finite difference; below 1e-2 float32 loses the direction.
    public var stepNorm = 0.1
    public var dropout = Masks.shared
}

/// `[report]`: what tables and reports print beside our numbers.
public struct ReportRecipe: Sendable, Equatable {
    /// The cell of the paper that the recipe reproduces.
    public struct Paper: Sendable, Equatable, Codable {
        /// Test error in percent.
        public var value = 0.0
        /// Standard deviation over seeds, in points; 0 where the paper prints none.
        public var sd = 0.0
        public var cell = ""

        public init(value: Double = 0, sd: Double = 0, cell: String = "") {
            self.value = value
            self.sd = sd
            self.cell = cell
        }
    }

    public var paper: Paper?
}
