import Gradients
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Spectral normalisation and RMSProp") struct SpectralNormTests {
    private let backend = ReferenceBackend()
    private let training = Pass.Mode.train(dropout: RandomKey(seed: 1, purpose: .dropout))

    private func golden() throws -> (Golden, SpectralNorm, ParameterStore) {
        let (golden, norm) = (try Golden("adversarial"), SpectralNorm("c", rows: 18, columns: 4))
        var layout = ParameterLayout()
        layout.declare("c.w", [3, 3, 2, 4], .values(golden.values("matrix").map { Float($0) }))
        norm.declare(in: &layout)
        let store = ParameterStore(layout, backend: backend, seed: 1)
        backend.copy(golden.tensor("right", on: backend), into: store["c.spectral.right"])
        return (golden, norm, store)
    }

    @Test("One step's weights, vectors and gradient are those of torch.nn.utils.spectral_norm")
    func step() throws {
        let (golden, norm, store) = try golden()
        let pass = Pass(store, on: Tape(backend), mode: training, trainable: true)
        let weights = norm(pass.parameter("c.w"), pass)
        expectClose(backend.doubles(weights.value), golden.values("normalized"), relative: 1e-10)
        expectClose(backend.doubles(store["c.spectral.left"]), golden.values("left"), relative: 1e-10)
        expectClose(backend.doubles(store["c.spectral.right"]), golden.values("right.moved"), relative: 1e-10)
        pass.tape.backward(from: weights, gradient: golden.tensor("weights", on: backend))
        expectClose(
            backend.doubles(try #require(pass.parameter("c.w").gradient)),
            golden.values("gradient.normalized.matrix"), relative: 1e-10)
        #expect(store.trainedNames == ["c.w"])
    }

    @Test("After many steps the norm is the largest singular value")
    func convergence() throws {
        let (golden, norm, store) = try golden()
        var first = 0.0
        for _ in 0..<200 {
            let pass = Pass(store, on: Tape(backend), mode: training, trainable: false)
            first = backend.doubles(norm(pass.parameter("c.w"), pass).value)[0]
        }
        expectClose([golden.values("matrix")[0] / first], golden.values("largest"), relative: 1e-9)
    }

    @Test("Only training passes that move statistics, and initialising ones, move the vectors")
    func vectors() throws {
        let (_, norm, store) = try golden()
        func right() -> [Double] { backend.doubles(store["c.spectral.right"]) }
        func run(_ mode: Pass.Mode, moves: Bool = true) {
            let pass = Pass(store, on: Tape(backend), mode: mode, trainable: true, movesStatistics: moves)
            _ = norm(pass.parameter("c.w"), pass)
        }
        let start = right()
        run(.evaluate)
        run(training, moves: false)
        #expect(right() == start)
        run(training)
        let once = right()
        #expect(once != start)
        run(.initialize())
        #expect(right() != once)
    }

    @Test("RMSProp's steps are PyTorch's, on both backends")
    func rmsprop() throws {
        let golden = try Golden("adversarial")
        for (backend, tolerance) in [
            (backend as any Backend, 1e-12), (try Device.cpu.open(threads: 1, precision: .float32), 1e-6),
        ] {
            var layout = ParameterLayout()
            layout.declare("x", [5], .values(golden.values("parameters").map { Float($0) }))
            let store = ParameterStore(layout, backend: backend, seed: 1)
            let optimizer = Optimizer(.rmsprop, for: store, beta2: 0.99)
            let gradients = golden.values("gradients")
            for step in 0..<10 {
                let gradient = Array(gradients[5 * step..<5 * step + 5])
                optimizer.update(backend.tensor(gradient, [5], backend.real), rate: 0.01)
                expectClose(
                    backend.doubles(store.values), Array(golden.values("rmsprop")[5 * step..<5 * step + 5]),
                    relative: tolerance, "step \(step)")
            }
        }
    }
}
