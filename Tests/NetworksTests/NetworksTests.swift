import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("Networks") struct NetworksTests {
    private let backend = ReferenceBackend()

    private func store(_ declare: (inout ParameterLayout) -> Void, seed: UInt64 = 1) -> ParameterStore {
        var layout = ParameterLayout()
        declare(&layout)
        return ParameterStore(layout, backend: backend, seed: seed)
    }

    @Test("Warm-up rises linearly to the rate, decay falls linearly to zero")
    func schedule() {
        var schedule = Schedule(Pace(rate: 2), steps: 20)
        schedule.warmup = 4
        schedule.decayStart = 0.5
        expectClose(
            [0, 1, 3, 10, 15, 20].map { schedule($0).rate }, [0.5, 1, 2, 2, 1, 0], absolute: 1e-12)
        let constant = Schedule(Pace(rate: 3), steps: 10)
        #expect(constant(0).rate == 3 && constant(1000).rate == 3)
    }

    @Test("Ramps are those of Laine & Aila, and moment decays move with them")
    func ramps() {
        var schedule = Schedule(Pace(rate: 2, beta1: 0.9, beta2: 0.999), steps: 100)
        schedule.warmup = 10
        schedule.warmupShape = .gaussian
        schedule.warmupBeta2 = 0.99
        schedule.decayStart = 0.5
        schedule.decayShape = .gaussian
        schedule.decayBeta1 = 0.5
        // 2·exp(−5·0.5²) halfway up, 2·exp(−12.5·0.5²) halfway down.
        expectClose(
            [4, 9, 30, 75].map { schedule($0).rate }, [0.5730095937, 2, 2, 0.0878738677], relative: 1e-9)
        #expect([4, 9, 10, 75].map { schedule($0).beta2 } == [0.99, 0.99, 0.999, 0.999])
        let left = 0.0439369336
        expectClose(
            [4, 30, 75].map { schedule($0).beta1 }, [0.9, 0.9, left * 0.9 + (1 - left) * 0.5], relative: 1e-9)
        schedule.decayShape = .linear
        #expect(schedule(50).beta1 == 0.9 && schedule(51).beta1 == 0.5)
    }

    @Test("An update takes its pace's moment decays")
    func pace() {
        let store = store { $0.declare("x", [1], .constant(0)) }
        let optimizer = Optimizer(.adam, for: store, beta1: 0.9)
        optimizer.update(backend.tensor([2.0], [1], .float64), Pace(rate: 0.1, beta1: 0.5, beta2: 0.75))
        expectClose(backend.doubles(optimizer.first), [1], relative: 1e-12)
        expectClose(backend.doubles(optimizer.second), [1], relative: 1e-12)
    }

    @Test("A store draws from its seed, names live views and duplicates into memory of its own")
    func parameters() {
        let declare: (inout ParameterLayout) -> Void = {
            $0.declare("w", [2, 3], .normal(deviation: 0.05))
            $0.declare("b", [3], .constant(0.5))
            $0.declare("v", [2], .values([4, 5]))
        }
        let (first, same, other) = (store(declare), store(declare), store(declare, seed: 2))
        #expect(backend.doubles(first.values) == backend.doubles(same.values))
        #expect(backend.doubles(first["w"]) != backend.doubles(other["w"]))
        #expect(backend.doubles(first.values).suffix(5) == [0.5, 0.5, 0.5, 4, 5])
        let copy = first.duplicate()
        backend.fill(first["b"], with: 9)
        #expect(backend.doubles(first.values)[6] == 9)
        #expect(backend.doubles(copy["b"]) == [0.5, 0.5, 0.5])
    }

    @Test("A pass gathers gradients in the store's order, zero where the loss does not reach")
    func gradient() {
        let store = store {
            $0.declare("unused", [2], .constant(1))
            $0.declare("x", [2], .values([3, 4]))
        }
        let tape = Tape(backend)
        let pass = Pass(store, on: tape, mode: .evaluate, trainable: true)
        let other = pass.sharingParameters(mode: .initialize())
        // x² from one pass and x from another that shares its leaves.
        tape.backward(from: (pass.parameter("x") * pass.parameter("x") + other.parameter("x")).sum(.all))
        #expect(backend.doubles(pass.gradient()) == [0, 0, 7, 9])
    }

    @Test("Clipping scales the gradient to the norm, and a gradient that is not finite changes nothing")
    func clipping() {
        func moved(clip: Double, _ gradient: [Double]) -> (norm: Double, moments: [Double], values: [Double])
        {
            let store = store { $0.declare("x", [2], .constant(1)) }
            let optimizer = Optimizer(.adam, for: store, clip: clip)
            let norm = optimizer.update(backend.tensor(gradient, [2], .float64), rate: 0.1)
            return (norm, backend.doubles(optimizer.first), backend.doubles(store.values))
        }
        let clipped = moved(clip: 1, [3, 4])
        expectClose([clipped.norm], [5], relative: 1e-12)
        expectClose(clipped.moments, [0.06, 0.08], relative: 1e-9)
        expectClose(moved(clip: 0, [3, 4]).moments, [0.3, 0.4], relative: 1e-9)
        let wrong = moved(clip: 1, [.nan, 1])
        #expect(!wrong.norm.isFinite && wrong.values == [1, 1])
    }

    @Test("Averaged weights follow the parameters, quickly at first")
    func average() {
        let store = store { $0.declare("x", [1], .constant(0)) }
        let average = AveragedParameters(of: store, decay: 0.9)
        backend.fill(store.values, with: 1)
        average.follow(store, step: 0)
        expectClose(backend.doubles(average.store.values), [0.9], relative: 1e-12)
        average.follow(store, step: 1_000_000)
        expectClose(backend.doubles(average.store.values), [0.91], relative: 1e-12)
        let late = AveragedParameters(of: store, decay: 0.9, warmup: 2_000_000, warmupDecay: 0.5)
        backend.fill(store.values, with: 3)
        late.follow(store, step: 1_000_000)
        expectClose(backend.doubles(late.store.values), [2], relative: 1e-12)
    }

    @Test(
        "Weight normalisation initialised from data standardises pre-activations, whatever the input's scale")
    func weightNormInitialization() {
        let layer = WeightNormConvolution(
            "c", kernel: 3, inputs: 2, outputs: 4, geometry: .init(padding: 1), slope: nil)
        let store = store { layer.declare(in: &$0) }
        let x = backend.randomTensor([5, 6, 6, 2], seed: 3, scale: 40, shift: 7)
        let pass = Pass(store, on: Tape(backend), mode: .initialize(), trainable: false)
        let (mean, variance) = backend.moments(layer(pass.constant(x), pass).value)
        expectClose(backend.doubles(mean), [0, 0, 0, 0], absolute: 1e-9)
        expectClose(backend.doubles(variance), [1, 1, 1, 1], relative: 1e-6)
    }

    @Test("Batch norm standardises a batch, moves its averages, and evaluates with them")
    func batchNorm() {
        let layer = BatchNorm("n", channels: 2, momentum: 0.75)
        let store = store { layer.declare(in: &$0) }
        let x = backend.randomTensor([8, 3, 3, 2], seed: 3, scale: 2, shift: 1)
        let mode = Pass.Mode.train(dropout: RandomKey(seed: 1, purpose: .dropout))
        let pass = Pass(store, on: Tape(backend), mode: mode, trainable: true)
        let batch = backend.moments(x)
        let y = backend.moments(layer(pass.constant(x), pass).value)
        expectClose(backend.doubles(y.mean), [0, 0], absolute: 1e-9)
        expectClose(backend.doubles(y.variance), [1, 1], absolute: 1e-4)
        expectClose(
            backend.doubles(store["n.mean"]), backend.doubles(batch.mean).map { $0 / 4 }, relative: 1e-9)
        _ = layer(pass.constant(x), pass.keepingStatistics())
        expectClose(
            backend.doubles(store["n.mean"]), backend.doubles(batch.mean).map { $0 / 4 }, relative: 1e-9)
        let evaluated = layer(pass.constant(x), Pass.inference(store))
        let expected = backend.doubles(batch.mean).map { $0 - $0 / 4 }
        let scale = backend.doubles(store["n.variance"]).map { 1 / ($0 + 1e-5).squareRoot() }
        expectClose(
            backend.doubles(backend.moments(evaluated.value).mean), zip(expected, scale).map { $0 * $1 },
            relative: 1e-6)
    }

    @Test("Mean-only batch norm takes a batch's mean away, moves its average, and evaluates with it")
    func meanOnlyBatchNorm() {
        let layer = MeanOnlyBatchNorm("n", channels: 2, momentum: 0.75)
        let store = store { layer.declare(in: &$0) }
        backend.fill(store["n.beta"], with: 3)
        let x = backend.randomTensor([8, 3, 3, 2], seed: 3, scale: 2, shift: 1)
        let mode = Pass.Mode.train(dropout: RandomKey(seed: 1, purpose: .dropout))
        let pass = Pass(store, on: Tape(backend), mode: mode, trainable: true)
        let batch = backend.moments(x)
        let y = backend.moments(layer(pass.constant(x), pass).value)
        expectClose(backend.doubles(y.mean), [3, 3], relative: 1e-9)
        expectClose(backend.doubles(y.variance), backend.doubles(batch.variance), relative: 1e-9)
        let moved = backend.doubles(batch.mean).map { $0 / 4 }
        expectClose(backend.doubles(store["n.mean"]), moved, relative: 1e-9)
        let evaluated = layer(pass.constant(x), Pass.inference(store))
        expectClose(
            backend.doubles(backend.moments(evaluated.value).mean), moved.map { 3 + 3 * $0 }, relative: 1e-9)
        let start = Pass(store, on: Tape(backend), mode: .initialize(), trainable: false)
        _ = layer(start.constant(x), start)
        expectClose(backend.doubles(store["n.mean"]), backend.doubles(batch.mean), relative: 1e-9)
    }
}
