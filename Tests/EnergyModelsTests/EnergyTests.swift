import EnergyModels
import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

/// A model with every parameter random, on a 16×16 image.
private func randomEnergy(
    _ network: EnergyConfiguration.Network, on backend: any Backend,
    _ change: (inout EnergyConfiguration) -> Void = { _ in }
) -> ConditionalEnergy {
    var configuration = EnergyConfiguration()
    configuration.network = network
    configuration.width = 0.04
    configuration.classes = 3
    change(&configuration)
    let shape: Shape = network == .mlp ? [1, 1, 2] : [16, 16, 2]
    let energy = ConditionalEnergy(configuration, shape: shape, backend: backend, seed: 3)
    let noise = backend.randomTensor([energy.store.count], seed: 5, scale: 0.3)
    backend.accumulate(noise, into: energy.store.values, scale: 1)
    return energy
}

private func images(_ count: Int, _ energy: ConditionalEnergy, on backend: any Backend) -> Tensor {
    let isPlane = energy.configuration.network == .mlp
    return backend.randomTensor(isPlane ? [count, 1, 1, 2] : [count, 16, 16, 2], seed: 8, scale: 0.5)
}

@Suite("Conditional energies") struct EnergyTests {
    private let backend = ReferenceBackend()

    @Test("Layer tables are the paper's")
    func layers() {
        func shapes(_ network: EnergyConfiguration.Network) -> [Shape] {
            var configuration = EnergyConfiguration()
            configuration.network = network
            let energy = ConditionalEnergy(configuration, shape: [32, 32, 3], backend: backend, seed: 1)
            return energy.store.names.filter { $0.hasSuffix(".v") }.map { energy.store[$0].shape }
        }
        #expect(
            shapes(.convSmall) == [
                [3, 3, 3, 64], [3, 3, 64, 64], [3, 3, 64, 64], [3, 3, 64, 128], [3, 3, 128, 128],
                [3, 3, 128, 128], [3, 3, 128, 128], [1, 1, 128, 128], [1, 1, 128, 128], [128, 10],
            ])
        #expect(
            shapes(.convLarge).suffix(5) == [
                [3, 3, 256, 256], [3, 3, 256, 512], [1, 1, 512, 256], [1, 1, 256, 128], [128, 10],
            ])
        #expect(
            shapes(.fourLayer) == [[4, 4, 3, 64], [4, 4, 64, 128], [4, 4, 128, 256], [4096, 10]])
    }

    @Test(
        "After initialisation, logits in training have mean 0 and deviation 1 over the batch, for each class",
        arguments: [EnergyConfiguration.Network.convSmall, .convLarge, .mlp])
    func initialLogits(_ network: EnergyConfiguration.Network) {
        let energy = randomEnergy(network, on: backend) { $0.base = .moving }
        let batch = images(24, energy, on: backend)
        let key = RandomKey(seed: 4, purpose: .dropout)
        energy.initialize(with: batch, dropout: key)
        let pass = Pass(energy.store, on: Tape(backend), mode: .train(dropout: key), trainable: false)
        let f = backend.doubles(energy.logits(pass.constant(batch), pass).value)
        for k in 0..<3 {
            let column = stride(from: k, to: f.count, by: 3).map { f[$0] }
            let mean = column.reduce(0, +) / 24
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 24
            expectClose([mean], [0], absolute: 1e-9, "mean")
            expectClose([variance], [1], relative: 0.02, "variance")
        }
    }

    @Test(
        "Gradients of the marginal for parameters and pixels are central differences",
        arguments: EnergyConfiguration.Network.allCases)
    func gradients(_ network: EnergyConfiguration.Network) {
        let energy = randomEnergy(network, on: backend) {
            $0.head = network == .convLarge ? .gain : .plain
            $0.priors = network == .mlp ? [0.5, 0.3, 0.2] : nil
            $0.pooling = .mean
        }
        let x = images(1, energy, on: backend)
        let mode = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))
        func loss(_ x: Variable, _ pass: Pass) -> Variable {
            let logits = energy.logits(x, pass)
            return logits.logSumExp().mean() + meanEntropy(energy.classScores(logits, pass).logSoftmax())
        }
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: mode, trainable: true)
        let input = tape.variable(x)
        tape.backward(from: loss(input, pass))
        let start = backend.doubles(energy.store.values)
        expectGradients(
            [pass.gradient(), input.gradient!],
            of: { points in
                backend.copy(points[0], into: energy.store.values)
                let tape = Tape(backend)
                let pass = Pass(energy.store, on: tape, mode: mode, trainable: false)
                return backend.scalar(loss(tape.constant(points[1]), pass).value)
            },
            at: [backend.tensor(start, [start.count], .float64), x], on: backend, step: 1e-7,
            relative: 1e-4)
    }

    @Test("Weight normalisation starts pre-activations at mean 0 and variance 1, logits at their deviation")
    func initialization() {
        let energy = randomEnergy(.convSmall, on: backend) { $0.width = 0.1 }
        let x = images(16, energy, on: backend)
        energy.initialize(with: x)
        let pass = Pass.inference(energy.store)
        backend.fill(energy.store["delta"], with: 0)
        let logits = energy.logits(pass.constant(x), pass).value
        expectClose(backend.doubles(backend.moments(logits).variance), [1, 1, 1], relative: 1e-6)
    }

    @Test(
        "The linearisation is the directional derivative, and its adjoint is the adjoint",
        arguments: [EnergyConfiguration.Pooling.max, .mean],
        [EnergyConfiguration.Downsampling.stride, .maxpool])
    func linearization(
        _ pooling: EnergyConfiguration.Pooling, _ downsampling: EnergyConfiguration.Downsampling
    ) {
        expectLinearization(
            randomEnergy(.convSmall, on: backend) {
                $0.pooling = pooling
                $0.downsampling = downsampling
            })
    }

    @Test("So is that of means and mean squares")
    func linearizationOfMoments() { expectLinearization(randomEnergy(.moments, on: backend)) }

    private func expectLinearization(_ energy: ConditionalEnergy) {
        let x = images(3, energy, on: backend)
        let mode = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))
        func logits(_ x: Tensor, _ trace: Linearization? = nil) -> [Double] {
            let tape = Tape(backend)
            let pass = Pass(energy.store, on: tape, mode: mode, trainable: false)
            return backend.doubles(energy.logits(tape.constant(x), pass, trace: trace).value)
        }
        let map = energy.linearization(count: 2)
        _ = logits(x, map)
        let d = backend.randomTensor([2, 16, 16, 2], seed: 20)
        let jd = backend.doubles(map.forward(d))
        let whole = backend.zerosLike(x)
        backend.copy(d, into: whole.rows(0..<2))
        let h = 1e-7
        let plus = logits(backend.combine(.add, x, backend.affine(whole, scale: h, shift: 0), .elementwise))
        let minus = logits(
            backend.combine(.subtract, x, backend.affine(whole, scale: h, shift: 0), .elementwise))
        expectClose(jd, zip(plus, minus).prefix(6).map { ($0 - $1) / (2 * h) }, absolute: 1e-5)
        let u = backend.randomTensor([2, 3], seed: 21)
        let left = zip(jd, backend.doubles(u)).reduce(0) { $0 + $1.0 * $1.1 }
        let right = zip(backend.doubles(map.adjoint(u)), backend.doubles(d)).reduce(0) { $0 + $1.0 * $1.1 }
        expectClose([left], [right], relative: 1e-9)
    }
}
