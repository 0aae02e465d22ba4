import Datasets
import EnergyModels
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// The energy by contrastive divergence: θ ascends E_data[f] − E_chains[f], the chains being Langevin's on exp(f).
///
/// `[phase.chains]` says where they start: this is what makes persistent CD, one-step CD or multigrid sampling; see
/// ``contrastiveDivergenceLoss(data:chains:penalty:)``, ``PersistentChains`` and `Multigrid.swift`. With coarser grids there
/// is an energy at each of them, trained alike on images averaged to it.
public final class ChainsPhase: Phase {
    public struct Settings: PhaseSettings {
        public typealias Training = ChainsPhase
        public var steps = 0
        public var batch = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 1e-4)
        /// How the energy is sampled.
        public var chains = ChainsSettings(start: .persistent)

        public init() {}
    }

    public static let kind = "chains"
    public static let title = "EBM against Langevin chains"
    public static let models: ModelSet = .energy
    public static func meaning(of settings: Settings) -> EnergyMeaning { .density }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .table(
                "chains", \.chains, ChainsSettings.schema, "how the energy is sampled",
                variants: ChainsSettings.Start.allCases.map {
                    ("start \($0.rawValue)", ChainsSettings(start: $0))
                })
        ])

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.chains.shrink(batch: small.batch)
        return small
    }

    /// Chains, forward and input gradient at every step, and the energy on data and on their ends, at all grids.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        let (chains, extents) = (settings.chains, pass.extents)
        let sides = (chains.start == .coarserGrid ? chains.grids : []) + [extents[0]]
        return sides.reduce(0) { sum, side in
            let cost = pass.recipe.energyConfiguration.multiplications(shape: [side, side, extents[2]])
            let training = Double(3 * cost.total - cost.first)
            return sum + Double(settings.batch)
                * (2 * training + 2 * Double(chains.steps * cost.total))
        }
    }

    /// An energy at each of the coarser grids of multigrid sampling; each has a seed of its own.
    public static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe) {
        guard settings.chains.start == .coarserGrid else { return }
        for (number, side) in settings.chains.grids.enumerated() {
            let energy = ConditionalEnergy(
                recipe.energyConfiguration, shape: [side, side, state.extents[2]], backend: state.backend,
                seed: UInt64(recipe.seed) ^ UInt64(side) << 32)
            state.add(Companion("grid\(number)", energy, energy.store))
        }
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    /// The grids, the coarsest first and that of the images last.
    private let grids: [Grid]
    private let batches: BatchStream
    private let schedule: Schedule
    /// Optimisers of the coarser grids' energies, by name.
    private var optimizers: [String: Optimizer] = [:]
    /// Chains that go on from update to update; nil where chains start anew.
    private(set) var persistent: PersistentChains?
    /// Where the last update's chains ended, `[N, H, W, C]`: what pictures show. At the end of a phase whose chains start at
    /// the data, chains from noise.
    private(set) var ends: Tensor?

    /// An energy at a resolution.
    private struct Grid {
        let energy: ConditionalEnergy
        /// Pixels of the images that make a pixel here, each way.
        let ratio: Int
        /// Pixels here that a pixel of the next coarser grid makes; of an image of one pixel for the coarsest.
        let growth: Int
        /// Pixels of the coarser grid's side, which its measures are logged with; nil for the images' own grid.
        let side: Int?
        /// Name of the optimiser among the state's companions; nil for the run's energy.
        let companion: String?

        /// What a measure of this grid is logged as.
        func metric(_ metric: Metric) -> Metric { side.map(metric.onGrid) ?? metric }
    }

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        energy = try context.energy()
        let side = context.data.extents[0]
        let sides = settings.chains.start == .coarserGrid ? settings.chains.grids : []
        let coarser = try sides.enumerated().map { number, own in
            let name = "grid\(number)"
            guard let energy: ConditionalEnergy = context.state.companion(name) else {
                throw context.lacking("an energy at \(own) pixels")
            }
            return Grid(
                energy: energy, ratio: side / own, growth: own / (number == 0 ? 1 : sides[number - 1]),
                side: own, companion: name)
        }
        grids =
            coarser + [
                Grid(energy: energy, ratio: 1, growth: side / (sides.last ?? 1), side: nil, companion: nil)
            ]
        batches = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled, start: context.state.step)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public var pictures: Tensor? { ends.map { $0.rows(0..<min(64, $0.shape.first)) } }

    public func start() {
        let (state, backend) = (context.state, context.backend)
        if !state.energyIsInitialized {
            let images = context.fixedImages(context.data.heldOut(TrainingContext.initializationCount))
            for grid in grids.dropLast() {
                grid.energy.initialize(with: backend.blockMeans(images, grid.ratio))
            }
        }
        context.startEnergy(energy)
        for grid in grids {
            guard let name = grid.companion else { continue }
            optimizers[name] = settings.optimizer.optimizer(for: grid.energy.store)
        }
        guard settings.chains.start == .persistent else { return }
        persistent = PersistentChains(
            chainsShape, backend: backend, key: context.key(.sample, .initialization, step: 0))
    }

    private var chainsShape: Shape { Shape([settings.chains.buffer] + context.data.extents) }

    public func save(to archive: inout StateArchive) {
        for (name, optimizer) in optimizers { archive.write(optimizer, name) }
        if let persistent { archive.write(persistent.images, "chains") }
    }

    public func restore(from archive: StateArchive) throws {
        for grid in grids {
            guard let name = grid.companion else { continue }
            optimizers[name] = try archive.restored(
                settings.optimizer.optimizer(for: grid.energy.store), name)
        }
        guard settings.chains.start == .persistent else { return }
        persistent = PersistentChains(
            restoring: try archive.tensor("chains", chainsShape), backend: context.backend)
    }

    public func update() throws -> Update {
        let (state, backend) = (context.state, context.backend)
        let images = context.images(batches.batch(state.step).images)
        var (measures, ends): (Measures, Tensor?) = ([:], nil)
        for (number, grid) in grids.enumerated() {
            let data = grid.ratio == 1 ? images : backend.blockMeans(images, grid.ratio)
            let (start, indices) = starts(data, coarser: ends, grid)
            let walk = walk(from: start, grid, number)
            if let indices { persistent?.put(walk.end, at: indices) }
            ends = walk.end
            for (metric, value) in try train(grid, data, walk) { measures[grid.metric(metric)] = value }
        }
        state.energyUpdates += 1
        self.ends = isLast && settings.chains.start == .data ? fromNoise(ends) : ends
        state.average?.follow(energy.store, step: state.energyUpdates)
        measures[.rate] = schedule(state.step).rate
        return Update(measures)
    }

    /// The images at which the chains of an update start, and the indices of those that persist.
    private func starts(_ data: Tensor, coarser: Tensor?, _ grid: Grid) -> (Tensor, indices: [Int]?) {
        let (chains, step, backend) = (settings.chains, context.state.step, context.backend)
        switch chains.start {
        case .data: return (data, nil)
        case .coarserGrid:
            let below =
                coarser
                ?? backend.globalMeanPool(data).reshaped([data.shape.first, 1, 1, data.shape.last])
            return (backend.blocksRepeated(below, grid.growth), nil)
        case .persistent:
            guard let persistent else { preconditionFailure("update before start") }
            let drawn = persistent.draw(
                data.shape.first, restart: chains.restart,
                choice: context.key(.batchOrder, .samples, step: step),
                noise: context.key(.sample, .samples, step: step))
            return (drawn.images, drawn.indices)
        }
    }

    /// The chains of an update at the grid of that number.
    private func walk(from start: Tensor, _ grid: Grid, _ number: Int) -> Langevin.Walk {
        let langevin = settings.chains.langevin
        let first = (context.state.step * grids.count + number) * langevin.steps
        return walk(langevin, from: start, grid) { self.context.key(.noise, .samples, step: first + $0) }
    }

    private func walk(
        _ langevin: Langevin, from start: Tensor, _ grid: Grid, key: (Int) -> RandomKey
    ) -> Langevin.Walk {
        langevin(from: start, on: context.backend, key: key) { x, tape in
            let pass = Pass(grid.energy.store, on: tape, mode: .evaluate, trainable: false)
            return grid.energy.logits(x, pass)
        }
    }

    private var isLast: Bool { context.state.step == settings.steps - 1 }

    /// What pictures show of chains that start at the data, whose ends are those images still: as many that start at
    /// uniform noise, after a hundred times as many steps.
    private func fromNoise(_ like: Tensor?) -> Tensor? {
        guard let shape = like?.shape, let grid = grids.last else { return nil }
        let start = context.backend.uniform(
            shape, from: -0.5, to: 0.5, key: context.key(.sample, .samples, step: context.state.step))
        var langevin = settings.chains.langevin
        langevin.steps *= 100
        return walk(langevin, from: start, grid) {
            self.context.key(.noise, .initialization, step: $0)
        }.end
    }

    /// One update of a grid's energy.
    private func train(_ grid: Grid, _ data: Tensor, _ walk: Langevin.Walk) throws -> Measures {
        let (state, backend, count) = (context.state, context.backend, data.shape.first)
        let companion = grid.companion.flatMap { optimizers[$0] }
        guard let optimizer = companion ?? state.energyOptimizer else {
            preconditionFailure("update before start")
        }
        let tape = Tape(backend)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(grid.energy.store, on: tape, mode: .train(dropout: key), trainable: true)
        let f = grid.energy.logits(tape.constant(backend.stacked([data, walk.end])), pass)
        let (onData, onChains) = (f.rows(0..<count), f.rows(count..<2 * count))
        var measures = try context.chainMeasures(
            data: onData, chains: onChains, walk, largestGap: settings.chains.divergenceGuard)
        tape.backward(
            from: contrastiveDivergenceLoss(
                data: onData, chains: onChains, penalty: settings.chains.penalty))
        measures[.gradNorm] = optimizer.update(pass.gradient(), schedule(state.step))
        return measures
    }
}
