import EnergyModels
import Flows
import Tensors

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
}

/// What is timed, and how often.
public struct BenchmarkSettings: Sendable {
    public var steps = BenchmarkStep.allCases
    public var network = EnergyConfiguration.Network.convSmall
    /// Images of each kind an update.
    public var batch = 64
    public var precision = Precision.auto
    /// nil: all processors.
    public var threads: Int?
    /// Timed executions of a step, after two that are not.
    public var runs = 5
    /// The paper's flow: 3 levels × 8 blocks × width 512, additive. Tests take a smaller one.
    var flow = FlowRecipe(kind: .glow)
    /// Images that `infer` classifies.
    var images = 500

    public init() {}
}

extension BenchmarkStep {
    /// The recipe whose training makes this step: generated 32×32 images of 10 classes and one phase.
    func recipe(_ settings: BenchmarkSettings) -> Recipe {
        var recipe = Recipe()
        recipe.name = "benchmark"
        recipe.precision = settings.precision
        recipe.data = DataRecipe(source: .synthetic)
        // Initialisation looks at up to 256 training images: no more than a batch here, lest its memory count.
        recipe.data.train = max(settings.batch, 10)
        recipe.data.test = settings.images
        recipe.data.labels = 10
        recipe.flow = settings.flow
        recipe.energy = EnergyRecipe(base: .none)
        recipe.energy.network = settings.network
        recipe.vat.weight = self == .vat ? 1 : 0
        var phase = PhaseRecipe(kind: phaseKind)
        phase.steps = .max
        phase.batch = settings.batch
        phase.labelledBatch = settings.batch
        if self == .ebmPool {
            (phase.pool, phase.poolUses, phase.draws) = (settings.batch, .max, 1)
        }
        recipe.phases = [phase]
        return recipe
    }

    private var phaseKind: PhaseRecipe.Kind {
        switch self {
        case .mle: .flowMLE
        case .ebm, .ebmPool, .vat: .energy
        case .flow: .joint
        case .infer: .supervised
        }
    }

    /// Floating-point operations in the products of one step, from the shapes of the layers: two a multiplication, the
    /// backward pass of a product two products more. Element-wise work is not counted.
    func operations(_ settings: BenchmarkSettings) -> Double {
        let recipe = recipe(settings)
        let extents = [32, 32, 3]
        let flow = recipe.flowConfiguration(extents).multiplications
        let energy = recipe.energyConfiguration.multiplications(shape: Shape(extents))
        /// Forward, weight gradient and input gradient, which the first layer is spared.
        let training = 3 * energy.total - energy.first
        let datum =
            switch self {
            case .mle: 3 * flow
            case .ebm: 2 * flow + 3 * training
            case .ebmPool: 3 * training
            // The energy's weights are fixed: forward on data, forward and input gradient on samples.
            case .flow: 2 * 3 * flow + 3 * energy.total
            // Besides ebm: a direction (two products a layer) and the perturbed pass.
            case .vat: 2 * flow + 4 * training + 2 * energy.total
            case .infer: energy.total
            }
        return 2 * Double(datum) * Double(self == .infer ? settings.images : settings.batch)
    }
}
