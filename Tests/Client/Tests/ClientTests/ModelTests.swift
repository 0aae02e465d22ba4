import Client
import FlowContrast
import Testing

/// Models and an algorithm that the library does not know, on points that come from no file.
@Suite("Models of one's own") struct ModelTests {
    private let backend: any Backend

    init() throws { backend = try Device.standard.open(threads: 1, precision: .float32) }

    /// Normal around (1, −½) with deviations of ½ and ¼: 0.76 nats of entropy.
    private func points(_ count: Int, lane: Int) -> Tensor {
        let normal = backend.normal([count, 2], key: RandomKey(seed: 7, purpose: .noise, lane: lane))
        func pair(_ first: Float, _ second: Float) -> Tensor {
            backend.tensor([first, second], [2], .float32)
        }
        let scaled = backend.combine(.multiply, normal, pair(0.5, 0.25), .channels)
        return backend.combine(.add, scaled, pair(1, -0.5), .channels).reshaped([count, 1, 1, 2])
    }

    private func meanLogDensity(_ flow: any Flow, _ x: Tensor) -> Double {
        let pass = Pass.inference(flow.store)
        return backend.scalar(flow.logDensity(pass.constant(x), pass).mean().value)
    }

    private func energy() -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        configuration.network = .init(SwishNetwork())
        configuration.classes = 1
        configuration.dropout = []
        let energy = ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 2)
        energy.initialize(with: points(256, lane: 1))
        return energy
    }

    @Test func aFlowLearnsByMaximumLikelihood() {
        let flow = CouplingFlow(backend: backend, seed: 1)
        let optimizer = Optimizer(.adam, for: flow.store)
        for step in 0..<200 {
            let pass = Pass(flow.store, on: Tape(backend), mode: .evaluate, trainable: true)
            let loss = -flow.logDensity(pass.constant(points(64, lane: 10 + step)), pass).mean()
            pass.tape.backward(from: loss)
            optimizer.update(pass.gradient(), rate: 0.01)
        }
        // log q of its own samples is what the density says of them, and the density is nearly the points'.
        let pass = Pass.inference(flow.store)
        let samples = flow.sample(500, key: RandomKey(seed: 3, purpose: .sample), temperature: 1, pass)
        let carried = backend.scalar(samples.logDensity.mean().value)
        #expect(abs(meanLogDensity(flow, samples.x.value) - carried) < 1e-4)
        #expect(abs(carried + 0.76) < 0.25)
        #expect(meanLogDensity(flow, points(500, lane: 0)) > -0.95)
    }

    /// The flow starts as a standard normal, two nats below what the points allow.
    @Test func contrastTrainsBoth() {
        let training = HandmadeContrast(energy: energy(), flow: CouplingFlow(backend: backend, seed: 1))
        let test = points(500, lane: 0)
        let before = meanLogDensity(training.flow, test)
        let values = (0..<200).map { training.update(points(64, lane: 10 + $0), step: $0, rate: 0.01) }
        #expect(meanLogDensity(training.flow, test) > before + 1)
        // At the equilibrium no point tells data from samples: V is −2 ln 2, and p is normalised.
        let value = values.suffix(50).reduce(0, +) / 50
        #expect(abs(value + 1.386) < 0.1)
        #expect(abs(training.meanLogDensity(test) + 0.76) < 0.3)
    }
}
