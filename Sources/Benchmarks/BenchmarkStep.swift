import EnergyModels
import Flows
import Methods
import Tensors
import Training

/// One kind of work that a run is made of, as `fce bench` times it.
public enum BenchmarkStep: String, CaseIterable, Sendable {
    /// The flow's maximum-likelihood step: log q forward and backward, and Adamax.
    case mle
    /// The energy's update against a fixed flow, base `none`: labelled, data and generated images, samples drawn and
    /// log q of data computed afresh.
    case ebm
    /// The same with samples and their log q from a pool and cached log q of data: no flow work.
    case ebmPool = "ebm_pool"
    /// The flow's update on V: gradients through its samples, through the energy, and of log q of data.
    case flow
    /// `ebm` with virtual adversarial training.
    case vat
    /// Classification of 500 images with dropout off.
    case infer
    /// A linear support vector machine of ten classes on 14,336 features of 4,000 examples, C = 1e-3.
    case probe
}

/// What is timed, and how often.
public struct BenchmarkSettings: Sendable {
    public var steps = BenchmarkStep.allCases
    public var network = EnergyConfiguration.Network.convSmall
    /// Images of each kind an update.
    public var batch = 64
    public var device = Device.standard
    public var precision = Precision.auto
    /// Number of threads; nil takes all processors.
    public var threads: Int?
    /// Timed executions of a step, after two that are not.
    public var runs = 5
    /// The ranks that take each step together.
    public var world = World.alone
    /// The paper's flow: 3 levels × 8 blocks × width 512, additive. Tests take a smaller one.
    package var flow = FlowSettings(kind: .glow)
    /// K.
    package var classes = 10
    /// Labelled images to draw from.
    package var labels = 10
    /// Training images at least.
    package var train = 0
    /// Images that `infer` classifies.
    package var images = 500
    /// Examples and features of `probe`.
    package var examples = 4000
    package var features = 14_336

    public init() {}
}

extension BenchmarkStep {
    /// The recipe whose training makes this step: generated 32×32 images and one phase.
    package func recipe(_ settings: BenchmarkSettings) -> Recipe {
        var recipe = Recipe()
        recipe.name = "benchmark"
        recipe.precision = settings.precision
        recipe.data = DataSettings(source: .synthetic)
        // Initialisation looks at up to 256 training images: no more than a batch here, lest its memory count.
        recipe.data.train = max(settings.batch, settings.labels, settings.train)
        recipe.data.test = settings.images
        recipe.data.labels = settings.labels
        recipe.flow = settings.flow
        recipe.energy = EnergySettings(base: .none)
        recipe.energy.network = settings.network
        recipe.energy.classes = settings.classes
        recipe.vat.weight = self == .vat ? 1 : 0
        var phase = PlannedPhase(phase(labelledBatch: settings.batch))
        phase.steps = .max
        phase.batch = settings.batch
        recipe.phases = [phase]
        return recipe
    }

    private func phase(labelledBatch labels: Int) -> any PhaseSettings {
        switch self {
        case .mle: return FlowLikelihood.Settings()
        case .ebm, .ebmPool, .vat:
            var phase = FixedFlowPhase.Settings()
            phase.labels = labels
            if self == .ebmPool { (phase.pool, phase.poolUses, phase.draws) = (labels, .max, 1) }
            return phase
        case .flow:
            var phase = JointPhase.Settings()
            phase.labels = labels
            return phase
        case .infer, .probe:
            var phase = SupervisedPhase.Settings()
            phase.labels = labels
            return phase
        }
    }

    /// What most products of the step are computed in. Networks of images are reduced where the backend reduces; a probe's
    /// features never are.
    package func precision(_ backend: any Backend) -> ScalarType {
        self == .probe ? backend.real : backend.reduced
    }

    /// Floating-point operations in the products of one step.
    package func operations(_ settings: BenchmarkSettings) -> Double {
        let recipe = recipe(settings)
        let pass = PassCost(recipe: recipe, extents: recipe.extents)
        let phase = recipe.phases[0].settings
        return switch self {
        case .mle, .ebm, .ebmPool, .vat: 2 * phase.multiplications(pass)
        case .flow:
            2 * ((phase as? JointPhase.Settings).map { JointPhase.flowMultiplications($0, pass) } ?? 0)
        case .infer: 2 * pass.energy * Double(settings.images)
        // The Gram matrix; how many products the solver needs depends on the examples.
        case .probe: 2 * Double(settings.examples * settings.examples) * Double(settings.features)
        }
    }
}
