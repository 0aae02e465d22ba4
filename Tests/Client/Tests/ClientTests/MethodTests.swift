import Client
import FlowContrast
import Testing

/// Training without a recipe and without a file: of the library's methods, and of one that it does not know.
@Suite("Training in memory") struct MethodTests {
    private let backend: any Backend
    private let points = PointDataset(.eightGaussians, count: 4000, seed: 1)

    init() throws { backend = try Device.standard.open(threads: 1, precision: .float32) }

    private var energy: EnergySettings {
        var energy = EnergySettings(base: .none)
        (energy.network, energy.classes, energy.head) = (.mlp, 1, .plain)
        return energy
    }

    @Test func aMethodOfOnesOwnTrains() throws {
        var contrast = BoxContrast.Settings()
        contrast.steps = 300
        let session = try TrainingSession(on: points, energy: energy, phases: [contrast], backend: backend)
        var values: [Double] = []
        try session.run { values.append($0.measures[.boxValue] ?? .nan) }
        #expect(values.count == 300)
        let (early, late) = (values.prefix(20).reduce(0, +) / 20, values.suffix(20).reduce(0, +) / 20)
        #expect(late > early + 0.2, "V rises from \(early) to \(late) nats")
    }

    /// Maximum likelihood, FCE-init and FCE with a flow that the library does not know.
    private func sessionOfOwnFlow() throws -> TrainingSession {
        var flow = FlowSettings(kind: .init(CouplingDesign()))
        flow.couplings = 4
        var likelihood = FlowLikelihood.Settings()
        (likelihood.steps, likelihood.optimizer.rate) = (150, 5e-3)
        var contrast = FixedFlowPhase.Settings()
        contrast.steps = 10
        var joint = JointPhase.Settings()
        (joint.steps, joint.gate.cap, joint.divergenceGuard) = (10, 1, 5)
        return try TrainingSession(
            on: points, heldOut: 200, flow: flow, energy: energy, phases: [likelihood, contrast, joint],
            backend: backend)
    }

    @Test func aFlowOfOnesOwnTrainsInPhasesAndItsCheckpointIsRestored() throws {
        let whole = try sessionOfOwnFlow()
        var bits: [Double] = []
        try whole.run { if let value = $0.measures[.bpd] { bits.append(value) } }
        #expect(whole.state.flow is CouplingFlow && bits.count == 150)
        let (early, late) = (bits.prefix(10).reduce(0, +) / 10, bits.suffix(10).reduce(0, +) / 10)
        #expect(late < early - 0.1, "\(early) to \(late) bits/dim")

        struct Stop: Error {}
        let first = try sessionOfOwnFlow()
        #expect(throws: Stop.self) {
            try first.run { _ in if first.state.phase == 2, first.state.step == 5 { throw Stop() } }
        }
        let second = try sessionOfOwnFlow()
        try second.restore(first.checkpoint)
        var turns = 0
        try second.run { _ in turns += 1 }
        #expect(turns > 10 && turns < 20)
        #expect(second.state.weightsFile == whole.state.weightsFile)

        let third = try sessionOfOwnFlow()
        try third.restore(whole.checkpoint)
        try third.run { _ in Issue.record("nothing is left to train") }
        #expect(third.state.weightsFile == whole.state.weightsFile)
    }

    @Test func flowAndEnergyTrainInTurns() throws {
        var flow = FlowSettings(kind: .plane)
        (flow.couplings, flow.width) = (4, 16)
        var likelihood = FlowLikelihood.Settings()
        (likelihood.steps, likelihood.optimizer.rate) = (200, 5e-3)
        var joint = JointPhase.Settings()
        (joint.steps, joint.gate.cap, joint.divergenceGuard) = (20, 1, 5)
        let session = try TrainingSession(
            on: points, heldOut: 200, flow: flow, energy: energy, phases: [likelihood, joint],
            backend: backend)
        var turns = Set<Double>()
        try session.run { update in
            if let turn = update.measures[.turn] { turns.insert(turn) }
        }
        #expect(turns == [0, 1])
        let values = points.values(
            at: Array(0..<100), dequantize: .centre, key: RandomKey(seed: 1, purpose: .evaluation))
        let densities = try session.state.densities(
            backend.tensor(values, [100, 1, 1, 2], backend.real))
        #expect(densities.energy.count == 100 && densities.energy.allSatisfy(\.isFinite))
    }
}
