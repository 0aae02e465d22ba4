import Datasets
import EnergyModels
import Flows
import Gradients
import Methods
import Networks
import Scores
import System
import Tensors
import TestSupport
import Testing
import Training

/// Training in memory: see `Tests/Client` for models and methods of somebody else.
@Suite("Sessions") struct TrainingSessionTests {
    private let backend: any Backend

    init() throws { backend = try Device.cpu.open(threads: 1, precision: .float32) }

    private func session(kind: FlowSettings.Kind = .plane, seed: Int = 1) throws -> TrainingSession {
        var flow = FlowSettings(kind: kind)
        (flow.couplings, flow.width) = (2, 8)
        var energy = EnergySettings(base: .moving)
        (energy.network, energy.classes) = (.mlp, 1)
        var likelihood = FlowLikelihood.Settings()
        likelihood.steps = 4
        var joint = JointPhase.Settings()
        (joint.steps, joint.batch, joint.gate.cap) = (4, 16, 1)
        return try TrainingSession(
            on: PointDataset(.eightGaussians, count: 300, seed: 1), heldOut: 50, flow: flow, energy: energy,
            phases: [likelihood, joint], seed: seed, backend: backend)
    }

    private struct Stop: Error {}

    @Test("A session goes on from a checkpoint as if it had not been stopped", arguments: [(0, 2), (1, 3)])
    func resume(_ phase: Int, _ step: Int) throws {
        let (whole, first, second) = (try session(), try session(), try session())
        try whole.run()
        #expect(throws: Stop.self) {
            try first.run { _ in if (first.state.phase, first.state.step) == (phase, step) { throw Stop() } }
        }
        try second.restore(first.checkpoint)
        #expect((second.state.phase, second.state.step) == (phase, step))
        try second.run()
        #expect(second.state.weightsFile == whole.state.weightsFile)
        #expect(second.state.weightsFile != first.state.weightsFile)
    }

    @Test func nothingIsLeftToTrainAfterTheEnd() throws {
        let (whole, again) = (try session(), try session())
        try whole.run()
        try again.restore(whole.checkpoint)
        var updates = 0
        try again.run { _ in updates += 1 }
        #expect(updates == 0 && again.state.weightsFile == whole.state.weightsFile)
    }

    @Test func weightsAloneAreNoCheckpoint() throws {
        let session = try session()
        let error = #expect(throws: UserError.self) { try session.restore(session.state.weightsFile) }
        #expect(error?.kind == .data)
    }

    @Test func theSessionsSeedMovesTheTraining() throws {
        let (one, other) = (try session(seed: 1), try session(seed: 2))
        try one.run()
        try other.run()
        #expect(one.state.weightsFile.tensors["energy.delta"] != nil)
        #expect(one.state.weightsFile != other.state.weightsFile)
    }

    @Test("A flow of somebody else is made by its design and trains in all phases")
    func ownFlow() throws {
        let session = try session(kind: .init(ShiftDesign()))
        let flow = try #require(session.state.flow as? ShiftFlow)
        var bits: [Double] = []
        try session.run { if let value = $0.measures[.bpd] { bits.append(value) } }
        #expect(bits.count == 4)
        #expect(backend.floats(flow.store["shift"]).allSatisfy { $0 != 0 })
        #expect(session.state.weightsFile.tensors["flow.sign"]?.floats() == [1])
        #expect(PassCost(recipe: session.recipe, extents: [1, 1, 2]).flow == 7)
        // Two nats of a point are 1/ln 2 bits a dimension: nothing is added for pixels.
        expectClose([session.state.bitsPerDimension(-2)], [1 / 0.693_147_180_559_945], relative: 1e-12)
    }
}

/// N(b, 1) of points.
private final class ShiftFlow: Flow {
    let store: ParameterStore
    let dimensions = 2

    init(_ store: ParameterStore) { self.store = store }

    var constants: [(name: String, entry: SafetensorsEntry)] {
        [("sign", SafetensorsEntry(floats: [1], shape: [1]))]
    }

    func initialize(with batch: Tensor) {}
    func duplicate() -> ShiftFlow { ShiftFlow(store.duplicate()) }

    func logDensity(_ x: Variable, _ pass: Pass) -> Variable {
        let mean = pass.parameter("shift")
        return x.reshaped([x.shape.first, 2]).gaussianLogDensity(
            mean: mean, logDeviation: pass.constant(pass.backend.zeros([2], pass.backend.real)))
    }

    func sample(_ count: Int, key: RandomKey, temperature: Double, _ pass: Pass) -> (
        x: Variable, logDensity: Variable
    ) {
        let noise = pass.constant(pass.backend.normal([count, 2], key: key)).affine(scale: temperature)
        let x = noise.combined(.add, pass.parameter("shift"), .channels)
        return (x.reshaped([count, 1, 1, 2]), logDensity(x, pass))
    }
}

private struct ShiftDesign: FlowDesign {
    let name = "shift"

    func makeFlow(_ settings: FlowSettings, extents: [Int], backend: any Backend) -> any Flow {
        var layout = ParameterLayout()
        layout.declare("shift", [2], .constant(0))
        return ShiftFlow(ParameterStore(layout, backend: backend, seed: UInt64(settings.seed)))
    }

    func multiplications(_ settings: FlowSettings, extents: [Int]) -> Int { 7 }
}
