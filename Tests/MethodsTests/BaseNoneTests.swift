import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import RealModule
import System
import Tensors
import TestSupport
import Testing
import Training

@testable import Methods

@Suite("Base none with an energy that classes share") struct BaseNoneTests {
    private let backend = ReferenceBackend()

    private func energy(normalizer: Double) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.classes) = (.mlp, 3)
        (configuration.base, configuration.head) = (.none, .gain)
        let energy = ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 3)
        energy.normalizer = normalizer
        return energy
    }

    @Test("On its way from the flow, d is m + τ·(e − c̄ − log q)", arguments: [0.0, 0.25, 1])
    func temper(_ temper: Double) {
        let tape = Tape(backend)
        func constant(_ values: [Double]) -> Variable {
            tape.constant(backend.tensor(values, [2], .float64))
        }
        let marginal = Marginal(classes: constant([1, -2]), shared: constant([700, 640]))
        let d = Base(energy: energy(normalizer: 30)).logRatio(
            marginal, temper: temper, density: { constant([660, 615]) }, initial: { constant([0, 0]) })
        expectClose(
            backend.doubles(d.value), [1 + temper * 10, -2 - temper * 5], relative: 1e-12)
    }

    @Test("The fit's loss is 1 − R² and leaves class parts and constants alone")
    func fit() throws {
        let tape = Tape(backend)
        let shared = tape.variable(backend.tensor([10.0, 20, 30, 44], [4], .float64))
        let classes = tape.variable(backend.tensor([1.0, 1, 1, 1], [4], .float64))
        let target = backend.tensor([110.0, 120, 130, 140], [4], .float64)
        let fit = DensityFit(
            of: Marginal(classes: classes, shared: shared), to: tape.constant(target))
        // The rest is −99, −99, −99, −95, of variance 3; log q has the variance 125.
        expectClose([backend.scalar(fit.loss.value)], [3.0 / 125], relative: 1e-12)
        expectClose([fit.deviation], [Double.sqrt(3)], relative: 1e-12)
        tape.backward(from: fit.loss)
        #expect(classes.gradient == nil)
        // ∂/∂e_i of the mean square is (rest_i − mean)/2.
        expectClose(
            backend.doubles(try #require(shared.gradient)), [-0.5, -0.5, -0.5, 1.5].map { $0 / 125 },
            relative: 1e-12)
    }

    @Test("First the fit, then τ rises evenly to 1")
    func stages() {
        var settings = FixedFlowPhase.Settings()
        #expect(settings.stage(at: 0) == .contrast(temper: 1))
        (settings.fit, settings.anneal) = (2, 4)
        let stages: [EnergyUpdate.Stage] =
            [.fit, .fit] + [0.25, 0.5, 0.75, 1, 1].map { .contrast(temper: $0) }
        #expect((0..<7).map { settings.stage(at: $0) } == stages)
    }
}

/// Points whose energy of base none starts as a copy of the flow.
@Suite("Base none from a flow's copy, trained") struct BaseNoneTrainingTests {
    private let backend: any Backend

    init() throws { backend = try Device.cpu.open(threads: 1, precision: .float32) }

    private func session(likelihood: Int, contrast: FixedFlowPhase.Settings) throws -> TrainingSession {
        var flow = FlowSettings(kind: .plane)
        (flow.couplings, flow.width) = (2, 16)
        var energy = EnergySettings(base: .none)
        (energy.network, energy.classes, energy.width) = (.mlp, 1, 0.25)
        (energy.head, energy.sharedRate) = (.flow, 0.1)
        var first = FlowLikelihood.Settings()
        (first.steps, first.batch) = (likelihood, 64)
        return try TrainingSession(
            on: PointDataset(.eightGaussians, count: 2000, seed: 1), heldOut: 300, flow: flow, energy: energy,
            phases: [first, contrast], backend: backend)
    }

    private struct Stop: Error {}

    @Test("A run stopped in the fit, before V and in the anneal goes on bit for bit", arguments: [1, 2, 3])
    func resume(_ step: Int) throws {
        var contrast = FixedFlowPhase.Settings()
        (contrast.steps, contrast.batch, contrast.fit, contrast.anneal) = (6, 16, 2, 2)
        func session() throws -> TrainingSession { try self.session(likelihood: 3, contrast: contrast) }
        let (whole, first, second) = (try session(), try session(), try session())
        try whole.run()
        #expect(throws: Stop.self) {
            try first.run { _ in if (first.state.phase, first.state.step) == (1, step) { throw Stop() } }
        }
        try second.restore(first.checkpoint)
        try second.run()
        #expect(second.state.weightsFile == whole.state.weightsFile)
        #expect(second.state.weightsFile != first.state.weightsFile)
    }

    @Test("c is calibrated before the first update and again after the fit, and V leaves it alone")
    func calibration() throws {
        var contrast = FixedFlowPhase.Settings()
        (contrast.steps, contrast.batch, contrast.fit) = (5, 16, 2)
        let session = try session(likelihood: 3, contrast: contrast)
        var constants: [Double] = []
        try session.run { _ in
            guard session.state.phase == 1, let energy = session.state.energy else { return }
            constants.append(energy.normalizer)
        }
        #expect(constants.count == 5 && constants[0] == constants[1] && constants[1] != constants[2])
        #expect(constants[2] == constants[3] && constants[3] == constants[4])
    }

    @Test("The trained density integrates to 1, on a grid and by a wide importance sampler")
    func integral() throws {
        var contrast = FixedFlowPhase.Settings()
        (contrast.steps, contrast.batch) = (300, 128)
        contrast.optimizer.rate = 2e-3
        let session = try session(likelihood: 300, contrast: contrast)
        try session.run()
        func logP(_ points: [Double]) throws -> [Double] {
            try session.state.densities(backend.tensor(points, [points.count / 2, 1, 1, 2], backend.real))
                .energy
        }
        let (side, count) = (12.0, 200)
        let step = 2 * side / Double(count)
        let axis = (0..<count).map { -side + (Double($0) + 0.5) * step }
        let cells = try logP(axis.flatMap { y in axis.flatMap { [$0, y] } })
        let grid = cells.reduce(0) { $0 + Double.exp($1) } * step * step
        #expect(abs(Double.log(grid)) < 0.15, "log Z = \(Double.log(grid))")
        // A normal proposal of deviation 4: its density falls far more slowly than the data's, whose radius is 2.
        let proposed = normalValues(40_000, seed: 5).map { 4 * $0 }
        let weights = zip(try logP(proposed), stride(from: 0, to: proposed.count, by: 2)).map { logP, i in
            let square = proposed[i] * proposed[i] + proposed[i + 1] * proposed[i + 1]
            return Double.exp(logP + square / 32 + Double.log(32 * Double.pi))
        }
        expectClose([weights.reduce(0, +) / Double(weights.count)], [grid], relative: 0.05)
    }
}
