import Baselines
import Datasets
import EnergyModels
import Gradients
import Networks
import System
import Tensors

/// The energy by contrastive divergence: θ ascends E_data[f] − E_chains[f], the chains being Langevin's on exp(f).
///
/// `[phase.chains]` says where they start: this is what makes persistent CD, one-step CD or multigrid sampling; see
/// ``contrastiveDivergenceLoss(data:chains:penalty:)``, ``PersistentChains`` and `Multigrid.swift`. With coarser grids there
/// is an energy at each of them, trained alike on images averaged to it.
final class ChainsPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    /// The grids, the coarsest first and that of the images last.
    private let grids: [Grid]
    private let batches: BatchStream
    private let schedule: Schedule

    /// An energy at a resolution.
    private struct Grid {
        let energy: ConditionalEnergy
        /// Pixels of the images that make a pixel here, each way.
        let ratio: Int
        /// Pixels here that a pixel of the next coarser grid makes; of an image of one pixel for the coarsest.
        let growth: Int
        /// Suffix of the measures' names; empty for the images' own grid.
        let suffix: String
        /// Name of the optimiser among the state's companions; nil for the run's energy.
        let companion: String?
    }

    init(_ context: TrainingContext, energy: ConditionalEnergy) {
        self.context = context
        self.energy = energy
        let phase = context.phase
        let side = context.data.extents[0]
        let sides = context.state.coarserGrids.isEmpty ? [] : phase.chains.grids
        let coarser = zip(sides, zip(context.state.coarserGrids, context.state.companions)).enumerated().map {
            let (number, (own, (energy, companion))) = ($0, $1)
            return Grid(
                energy: energy, ratio: side / own, growth: own / (number == 0 ? 1 : sides[number - 1]),
                suffix: "Grid\(own)", companion: companion.name)
        }
        grids =
            coarser + [
                Grid(energy: energy, ratio: 1, growth: side / (sides.last ?? 1), suffix: "", companion: nil)
            ]
        batches = context.stream(
            context.data.split.unlabelled, batch: phase.batch, .unlabelled, start: context.state.step)
        schedule = phase.optimizer.schedule(steps: phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        let (state, backend, chains) = (context.state, context.backend, context.phase.chains)
        if !state.energyIsInitialized {
            let images = context.fixedImages(context.data.heldOut(256))
            for grid in grids.dropLast() {
                grid.energy.initialize(with: backend.blockMeans(images, grid.ratio))
            }
        }
        startEnergy(energy, context)
        for (name, store) in state.companions {
            state.companionOptimizers[name] = context.phase.optimizer.optimizer(for: store)
        }
        if chains.start == .persistent {
            state.chains = PersistentChains(
                Shape([chains.buffer] + context.data.extents), backend: backend,
                key: context.key(.sample, .initialization, step: 0))
        }
    }

    func update() throws -> Measures {
        let (state, backend) = (context.state, context.backend)
        let images = context.images(batches.batch(state.step).images)
        var (measures, ends): (Measures, Tensor?) = ([:], nil)
        for (number, grid) in grids.enumerated() {
            let data = grid.ratio == 1 ? images : backend.blockMeans(images, grid.ratio)
            let (start, indices) = starts(data, coarser: ends, grid)
            let walk = walk(from: start, grid, number)
            if let indices { state.chains?.put(walk.end, at: indices) }
            ends = walk.end
            for (name, value) in try train(grid, data, walk) { measures[name + grid.suffix] = value }
        }
        state.energyUpdates += 1
        state.chainEnds = isLast && context.phase.chains.start == .data ? fromNoise(ends) : ends
        state.average?.follow(energy.store, step: state.energyUpdates)
        measures["rate"] = schedule(state.step).rate
        return measures
    }

    /// The images at which the chains of an update start, and the indices of those that persist.
    private func starts(_ data: Tensor, coarser: Tensor?, _ grid: Grid) -> (Tensor, indices: [Int]?) {
        let (chains, step, backend) = (context.phase.chains, context.state.step, context.backend)
        switch chains.start {
        case .data: return (data, nil)
        case .coarserGrid:
            let below =
                coarser
                ?? backend.globalMeanPool(data).reshaped([data.shape.first, 1, 1, data.shape.last])
            return (backend.blocksRepeated(below, grid.growth), nil)
        case .persistent:
            guard let buffer = context.state.chains else { preconditionFailure("update before start") }
            let drawn = buffer.draw(
                data.shape.first, restart: chains.restart,
                choice: context.key(.batchOrder, .samples, step: step),
                noise: context.key(.sample, .samples, step: step))
            return (drawn.images, drawn.indices)
        }
    }

    /// The chains of an update at the grid of that number.
    private func walk(from start: Tensor, _ grid: Grid, _ number: Int) -> Langevin.Walk {
        let langevin = context.phase.chains.langevin
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

    private var isLast: Bool { context.state.step == context.phase.steps - 1 }

    /// What pictures show of chains that start at the data, whose ends are those images still: as many that start at
    /// uniform noise, after a hundred times as many steps.
    private func fromNoise(_ like: Tensor?) -> Tensor? {
        guard let shape = like?.shape, let grid = grids.last else { return nil }
        let start = context.backend.uniform(
            shape, from: -0.5, to: 0.5, key: context.key(.sample, .samples, step: context.state.step))
        var langevin = context.phase.chains.langevin
        langevin.steps *= 100
        return walk(langevin, from: start, grid) {
            self.context.key(.noise, .initialization, step: $0)
        }.end
    }

    /// One update of a grid's energy.
    private func train(_ grid: Grid, _ data: Tensor, _ walk: Langevin.Walk) throws -> Measures {
        let (state, backend, count) = (context.state, context.backend, data.shape.first)
        let companion = grid.companion.flatMap { state.companionOptimizers[$0] }
        guard let optimizer = companion ?? state.energyOptimizer else {
            preconditionFailure("update before start")
        }
        let tape = Tape(backend)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(grid.energy.store, on: tape, mode: .train(dropout: key), trainable: true)
        let f = grid.energy.logits(tape.constant(backend.stacked([data, walk.end])), pass)
        let (onData, onChains) = (f.rows(0..<count), f.rows(count..<2 * count))
        let (fData, fChains) = (mean(backend.doubles(onData.value)), mean(backend.doubles(onChains.value)))
        try checkGap(fData - fChains)
        tape.backward(
            from: contrastiveDivergenceLoss(
                data: onData, chains: onChains, penalty: context.phase.chains.penalty))
        return [
            "fData": fData, "fChains": fChains, "gap": fData - fChains,
            "chainRise": fChains - walk.startValue, "chainDisplacement": walk.displacement,
            "chainGradFirst": walk.gradientNorm.first, "chainGradLast": walk.gradientNorm.last,
            "gradNorm": optimizer.update(pass.gradient(), schedule(state.step)),
        ]
    }

    /// - Throws: `UserError(.diverged)` once the chains no longer follow the energy.
    private func checkGap(_ gap: Double) throws {
        let largest = context.phase.chains.divergenceGuard
        guard !(abs(gap) <= largest) else { return }
        throw UserError(
            .diverged, "mean f differs by \(gap) between data and chains, chains.guard is \(largest)",
            at: "phase \(context.phaseIndex + 1) (chains), step \(context.state.step + 1)",
            advice: "lower optimizer.rate, take more or smaller chains.steps, or set chains.penalty")
    }
}
