import EnergyModels
import Gradients
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Residual networks") struct ResNetTests {
    private let backend = ReferenceBackend()
    private let mode = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))

    private func energy(
        _ shape: Shape = [12, 12, 3], width: Double = 1.0 / 16,
        _ change: (inout EnergyConfiguration) -> Void = { _ in }
    ) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.width) = (.resnet, width)
        (configuration.dropout, configuration.slope) = ([0, 0, 0], 0.1)
        configuration.pooling = .mean
        change(&configuration)
        return ConditionalEnergy(configuration, shape: shape, backend: backend, seed: 1)
    }

    private func logits(_ x: Tensor, _ energy: ConditionalEnergy, _ mode: Pass.Mode) -> [Double] {
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: false)
        return backend.doubles(energy.logits(pass.constant(x), pass).value)
    }

    @Test(
        "Values and gradients are PyTorch's",
        arguments: [EnergyConfiguration.Normalization.weight, .batch])
    func golden(_ normalization: EnergyConfiguration.Normalization) throws {
        let golden = try Golden(normalization == .batch ? "resnet_batch" : "resnet")
        let energy = energy(width: 0.1) { $0.normalization = normalization }
        let unknown = Set(energy.store.names).subtracting(golden.names)
        #expect(unknown.allSatisfy { $0 == "delta" || $0.hasSuffix(".mean") || $0.hasSuffix(".variance") })
        golden.load(into: energy.store)
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: mode, trainable: true)
        let x = tape.variable(golden.tensor("x", on: backend))
        let logits = energy.logits(x, pass)
        expectClose(backend.doubles(logits.value), golden.values("logits"), relative: 1e-6, "logits")
        tape.backward(from: logits, gradient: golden.tensor("weights", on: backend))
        golden.expectGradient(pass.gradient(), of: energy.store, relative: 1e-6)
        expectClose(
            backend.doubles(try #require(x.gradient)), golden.values("gradient.x"), relative: 1e-6, "x")
    }

    /// 1,467,610 is what this network has in PyTorch for ten classes; weight normalisation of the head adds its ten
    /// gains.
    @Test("At width 1 it is WRN-28-2: parameters, layers and products")
    func size() {
        let energy = energy([32, 32, 3], width: 1) { $0.normalization = .batch }
        let trained = energy.store.trainedNames.reduce(0) { $0 + energy.store[$1].count }
        #expect(trained == 1_467_610 + 10)
        #expect(energy.layerNames == ["conv1"] + (1...12).map { "block\($0)" } + ["activation"])
        #expect(energy.featureCount == 128)
        let (total, first) = energy.configuration.multiplications(shape: [32, 32, 3])
        #expect(first == 1024 * 27 * 16)
        // Products of each group's first block, its shortcut and its other three blocks.
        let groups = [(1024, 16, 32), (256, 32, 64), (64, 64, 128)].map { pixels, inputs, outputs in
            pixels * outputs * (9 * inputs + inputs + 7 * 9 * outputs)
        }
        #expect(total == first + groups.reduce(0, +) + 1280)
    }

    @Test("After initialisation, logits in training have mean 0 and deviation 1, whatever normalises")
    func initialLogits() {
        let batch = backend.randomTensor([24, 8, 8, 3], seed: 4, scale: 0.5)
        for normalization in [EnergyConfiguration.Normalization.weight, .batch, .meanOnly] {
            let energy = energy([8, 8, 3]) {
                ($0.normalization, $0.base, $0.classes) = (normalization, .moving, 3)
                $0.dropout = [0.2, 0.5, 0.5]
            }
            let key = RandomKey(seed: 4, purpose: .dropout)
            energy.initialize(with: batch, dropout: key)
            let f = backend.tensor(logits(batch, energy, .train(dropout: key)), [24, 3], .float64)
            let (mean, variance) = backend.moments(f)
            expectClose(backend.doubles(mean), [0, 0, 0], absolute: 1e-9)
            expectClose(backend.doubles(variance), [1, 1, 1], relative: 1e-6)
        }
    }

    @Test("Each group's rate drops inside its blocks, with masks of their own, in training alone")
    func dropout() {
        let x = backend.randomTensor([2, 8, 8, 3], seed: 4)
        let plain = energy([8, 8, 3])
        plain.initialize(with: x)
        let all = (0..<3).map { group in
            let energy = energy([8, 8, 3]) { $0.dropout[group] = 0.5 }
            backend.copy(plain.store.values, into: energy.store.values)
            #expect(logits(x, energy, .evaluate) == logits(x, plain, .evaluate))
            #expect(logits(x, energy, mode) == logits(x, energy, mode))
            return logits(x, energy, mode)
        }
        #expect(Set(all + [logits(x, plain, mode)]).count == 4)
    }

    @Test(
        "VAT's exact direction and a penalty's derivative go through sums, dropout and pools",
        arguments: [EnergyConfiguration.Pooling.max, .mean])
    func derivatives(_ pooling: EnergyConfiguration.Pooling) {
        let energy = energy([8, 8, 3]) {
            ($0.pooling, $0.dropout, $0.classes) = (pooling, [0.2, 0.5, 0.5], 3)
        }
        let (x, d) = (
            backend.randomTensor([3, 8, 8, 3], seed: 4), backend.randomTensor([3, 8, 8, 3], seed: 6)
        )
        energy.initialize(with: x)
        let step = 1e-7
        func at(_ sign: Double) -> [Double] {
            let moved = backend.combine(
                .add, x, backend.affine(d, scale: sign * step, shift: 0), .elementwise)
            return logits(moved, energy, mode)
        }
        let difference = zip(at(1), at(-1)).map { ($0 - $1) / (2 * step) }
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: false)
        let map = energy.linearization(count: 3)
        _ = energy.logits(pass.constant(x), pass, trace: map)
        let tangent = backend.doubles(map.forward(d))
        expectClose(tangent, difference, relative: 1e-6)
        let derivative = energy.directionalDerivative(at: x, along: d, pass)
        expectClose(backend.doubles(derivative.value), difference, relative: 1e-6)
        let u = backend.randomTensor([3, 3], seed: 7)
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        // Without a forward step before it, and after one.
        for _ in 0..<2 {
            let adjoint = backend.doubles(map.adjoint(u))
            expectClose(
                [dot(adjoint, backend.doubles(d))], [dot(backend.doubles(u), tangent)], relative: 1e-9)
        }
    }

    @Test("A batch with an odd side is halved as PyTorch halves it")
    func oddSides() {
        let energy = energy([7, 5, 1])
        let x = backend.randomTensor([4, 7, 5, 1], seed: 4)
        energy.initialize(with: x)
        let pass = Pass.inference(energy.store)
        let maps = energy.featureMaps(pass.constant(x), pass, layers: ["block4", "block8", "activation"])
        #expect(maps.map(\.shape) == [[4, 7, 5, 2], [4, 4, 3, 4], [4, 2, 2, 8]])
        #expect(logits(x, energy, .evaluate).allSatisfy { $0.isFinite })
    }
}
