import Baselines
import EnergyModels
import Flows
import Networks
import Tensors

/// Everything that training changes: models, optimisers, gate and counters. Saving and restoring it resumes a run
/// bit for bit.
public final class TrainingState {
    public let backend: any Backend
    /// Height, width and channels of one example.
    let extents: [Int]
    /// q_α; nil for supervised recipes.
    public let flow: Glow?
    /// The conditional energy; nil when only a flow is trained.
    public let energy: ConditionalEnergy?
    /// q₀, the flow as it was when the energy's first phase began; kept for `base = "flow"` only.
    public internal(set) var base: Glow?
    /// What draws images in a GAN; nil for other recipes.
    public let generator: Generator?
    /// Energies at the coarser grids of multigrid sampling, the coarsest first; empty for other recipes.
    public let coarserGrids: [ConditionalEnergy]
    /// What a variational autoencoder has beside its encoder, the energy, and its decoder, the generator.
    public let autoencoder: VariationalAutoencoder?
    /// Chains that go on from update to update; nil between the phases that have some.
    public internal(set) var chains: PersistentChains?
    /// Where the last update's chains ended, `[N, H, W, C]`: what pictures show. At the end of a phase whose chains start at
    /// the data, chains from noise.
    var chainEnds: Tensor?
    /// Averaged weights of the energy, when the recipe asks for them.
    public internal(set) var average: AveragedParameters?
    /// What unlabelled images add to the loss; some gather a state of their own.
    let regularizers: [WeightedRegularizer]
    /// Index of the phase in training.
    public internal(set) var phase = 0
    /// Updates made in this phase, of either model.
    public internal(set) var step = 0
    /// Updates of the energy in this phase.
    public internal(set) var energyUpdates = 0
    /// Updates of the flow in this phase.
    public internal(set) var flowUpdates = 0
    /// Seconds of training in all sittings, by phase.
    public internal(set) var seconds: [Double]
    public internal(set) var gate = Gate()
    /// Held-out bits/dim when the joint phase began: what the divergence guard compares with.
    var guardStart: Double?
    /// Whether actnorm and weight normalisation have been initialised from data.
    var flowIsInitialized = false
    public internal(set) var energyIsInitialized = false
    var generatorIsInitialized = false
    var flowOptimizer: Optimizer?
    var energyOptimizer: Optimizer?
    var generatorOptimizer: Optimizer?
    /// Of ``companions``, by their names.
    var companionOptimizers: [String: Optimizer] = [:]

    /// - Parameter images: number of training images.
    public init(_ recipe: Recipe, extents: [Int], images: Int = 0, backend: any Backend) {
        self.backend = backend
        self.extents = extents
        regularizers = recipe.regularizers(images: images, backend)
        flow =
            recipe.usesFlow
            ? Glow(recipe.flowConfiguration(extents), backend: backend, seed: UInt64(recipe.flow.seed)) : nil
        energy =
            recipe.usesEnergy
            ? ConditionalEnergy(
                recipe.energyConfiguration, shape: Shape(extents), backend: backend, seed: UInt64(recipe.seed)
            )
            : nil
        generator =
            recipe.usesGenerator
            ? Generator(recipe.generatorConfiguration(extents), backend: backend, seed: UInt64(recipe.seed))
            : nil
        coarserGrids = recipe.coarserEnergies(extents, backend: backend)
        autoencoder = energy.flatMap { recipe.autoencoder(extents, encoder: $0) }
        seconds = recipe.phases.map { _ in 0 }
    }

    /// What a baseline trains beside energy, flow and generator, by the names that checkpoints use.
    var companions: [(name: String, store: ParameterStore)] {
        coarserGrids.enumerated().map { ("grid\($0)", $1.store) }
            + [autoencoder].compactMap { $0.map { ("vae", $0.store) } }
    }

    /// Updates as the phase's length counts them: of the energy where it takes turns with a flow.
    public func updates(in phase: PhaseRecipe) -> Int { phase.kind == .joint ? energyUpdates : step }

    /// The parameters that reports evaluate: the average where there is one.
    public var evaluatedEnergyStore: ParameterStore? { average?.store ?? energy?.store }
}
