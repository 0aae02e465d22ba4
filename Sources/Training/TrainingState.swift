import EnergyModels
import Flows
import Networks
import Tensors

/// Everything that training changes: models, the energy's optimiser, counters, and what the current phase keeps for
/// itself. Saving and restoring it resumes a run bit for bit.
public final class TrainingState {
    public let backend: any Backend
    /// Height, width and channels of one example.
    public let extents: [Int]
    /// q_α; nil where no phase takes a flow.
    public let flow: (any Flow)?
    /// The conditional energy; nil where no phase takes one.
    public let energy: ConditionalEnergy?
    /// q₀, the flow as it was when the energy's first phase began; kept for `base = "flow"` only.
    public var base: (any Flow)?
    /// Models of single methods.
    public private(set) var companions: [Companion] = []
    /// Averaged weights of the energy, where the recipe asks for them.
    public var average: AveragedParameters?
    /// What unlabelled images add to the energy's loss. Some terms gather a state of their own.
    package internal(set) var regularizers: [WeightedRegularizer]
    /// The phase in training; nil between two phases.
    package var training: (any Phase)?
    /// What a checkpoint holds of the phase in training, until the phase has been made.
    package var archive: StateArchive?
    /// Index of the phase in training.
    public package(set) var phase = 0
    /// Updates made in this phase, of any model.
    public package(set) var step = 0
    /// Updates of the energy in this phase.
    public var energyUpdates = 0
    /// Updates of the flow in this phase.
    public var flowUpdates = 0
    /// Seconds of training in all sittings, by phase.
    public package(set) var seconds: [Double]
    /// Whether actnorm and weight normalisation have been initialised from data.
    public var flowIsInitialized = false
    public var energyIsInitialized = false
    /// The energy's optimiser. Its moments stay from phase to phase.
    public var energyOptimizer: Optimizer?
    /// Whether what is due after the last update, a test and a picture, has still to be done.
    package var hasTestLeft = false
    /// Whether whoever trains wants to stop; see ``checkInterruption()``.
    public var isInterrupted: () -> Bool = { false }
    /// The folder in which phases keep what takes long to draw; nil: they draw it again after a resume.
    package var draws: String?

    /// - Parameters:
    ///   - recipe: says which models there are.
    ///   - extents: height, width and channels of one example.
    ///   - images: number of training images.
    ///   - backend: where the models lie.
    public init(_ recipe: Recipe, extents: [Int], images: Int = 0, backend: any Backend) {
        self.backend = backend
        self.extents = extents
        regularizers = recipe.regularizers(images: images, backend)
        flow = recipe.uses(.flow) ? recipe.flow.makeFlow(extents: extents, backend: backend) : nil
        energy =
            recipe.uses(.energy)
            ? ConditionalEnergy(
                recipe.energyConfiguration, shape: Shape(extents), backend: backend,
                seed: UInt64(recipe.seed),
                flow: flow) : nil
        seconds = recipe.phases.map { _ in 0 }
        for phase in recipe.phases { phase.settings.addModels(to: self, recipe) }
    }

    /// Adds a model of one method. Phases of one method share it.
    public func add(_ companion: Companion) {
        if !companions.contains(where: { $0.name == companion.name }) { companions.append(companion) }
    }

    /// The companion of that name, which a phase has added.
    public func companion<Model>(_ name: String, as type: Model.Type = Model.self) -> Model? {
        companions.first { $0.name == name }?.model as? Model
    }

    /// Initialises the companion of that name, unless a phase has done so.
    public func initializeCompanion(_ name: String, _ initialize: () -> Void) {
        guard let companion = companions.first(where: { $0.name == name }) else {
            preconditionFailure("no phase has added a companion \(name)")
        }
        guard !companion.isInitialized else { return }
        initialize()
        companion.isInitialized = true
    }

    /// What draws samples `[count, H, W, C]` in place of the flow: a companion that can and that has been initialised.
    public var sampler: ((_ count: Int, _ key: RandomKey) -> Tensor)? {
        companions.first { $0.isInitialized && $0.samples != nil }?.samples
    }

    /// Updates of the phase in training, as its length counts them.
    public var updates: Int { training?.updates ?? step }

    /// Bits per dimension from nats of a log density of one example: of 8-bit images, −log q/(D ln 2) + 8, as pixels lie on
    /// [−½, ½); −log q/(D ln 2) of points, which are one pixel.
    public func bitsPerDimension(_ logDensity: Double) -> Double {
        let isPoint = extents.dropLast().allSatisfy { $0 == 1 }
        return Flows.bitsPerDimension(logDensity, dimensions: extents.reduce(1, *)) - (isPoint ? 8 : 0)
    }

    /// The parameters that reports evaluate: the average where there is one.
    public var evaluatedEnergyStore: ParameterStore? { average?.store ?? energy?.store }

    /// Long work calls this between pieces of two seconds at most, so that a signal is never waited for. It may be called
    /// before an update has changed anything, and in the start of a phase.
    /// - Throws: ``Interrupted`` when whoever trains wants to stop.
    public func checkInterruption() throws { if isInterrupted() { throw Interrupted() } }

    /// Leaves the phase that has ended.
    package func enterNextPhase() {
        phase += 1
        (step, energyUpdates, flowUpdates) = (0, 0, 0)
        training = nil
        archive = nil
    }
}
