import EnergyModels
import Gradients
import Methods
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Contrastive divergence") struct ContrastiveDivergenceTests {
    private let backend = ReferenceBackend()

    private func energy(_ golden: Golden, extent: Int = 8) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.classes, configuration.width) = (.fourLayer, 1, 1 / 32)
        let energy = ConditionalEnergy(
            configuration, shape: [extent, extent, 3], backend: backend, seed: 1)
        if extent == 8 {
            #expect(Set(energy.store.names).isSubset(of: golden.names))
            golden.load(into: energy.store)
        }
        return energy
    }

    @Test("Chains through the network and the loss's gradients are PyTorch's", arguments: [0, 0.1])
    func gradients(penalty: Double) throws {
        let golden = try Golden("chains")
        let energy = energy(golden)
        let images = golden.tensor("images", on: backend)
        let walk = Langevin(steps: 2, stepSize: 0.3)(
            from: images, on: backend, key: { RandomKey(seed: 5, purpose: .sample, step: $0) }
        ) { x, tape in
            energy.logits(x, Pass(energy.store, on: tape, mode: .evaluate, trainable: false))
        }
        expectClose(backend.doubles(walk.end), golden.values("cd.end"), relative: 1e-9, "end")
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: true)
        let f = energy.logits(tape.constant(backend.stacked([images, walk.end])), pass)
        let loss = contrastiveDivergenceLoss(data: f.rows(0..<3), chains: f.rows(3..<6), penalty: penalty)
        let name = penalty == 0 ? "cd" : "penalized"
        // The slope of the leaky ReLU is a Float: 0.2 to 1.5e-8.
        expectClose(
            [backend.scalar(loss.value)], golden.values(penalty == 0 ? "cd.loss" : "cd.penalized"),
            relative: 1e-7)
        tape.backward(from: loss)
        // Gradients of more than 100 elements are stored as float32.
        let gradient = pass.gradient()
        for parameter in energy.store.names where penalty > 0 || parameter != "delta" {
            let view = energy.store[parameter]
            let part = gradient.view(
                from: view.offset - energy.store.values.offset, shape: view.shape)
            expectClose(
                backend.doubles(part), golden.values("gradient.\(name).\(parameter)"), relative: 2e-7,
                absolute: 1e-12, parameter)
        }
    }

    @Test("Table 5's layers leave one pixel of coarse grids", arguments: [2, 4, 8, 32])
    func coarseGrids(extent: Int) throws {
        let energy = energy(try Golden("chains"), extent: extent)
        #expect(energy.featureCount == max(1, extent / 8) * max(1, extent / 8) * 8)
        let images = backend.uniform(
            [2, extent, extent, 3], from: -0.5, to: 0.5, key: RandomKey(seed: 1, purpose: .sample))
        energy.initialize(with: images)
        let pass = Pass.inference(energy.store)
        #expect(energy.logits(pass.constant(images), pass).shape == [2, 1])
        let counted = energy.configuration.multiplications(shape: [extent, extent, 3])
        #expect(counted.total > counted.first)
    }
}

@Suite("Grids of multigrid sampling") struct MultigridTests {
    @Test("Block means and repetitions are PyTorch's, and one is the other's left inverse")
    func golden() throws {
        let golden = try Golden("chains")
        let cpu = try Device.cpu.open(threads: 2, precision: .float32)
        for (backend, tolerance) in [(ReferenceBackend() as any Backend, 1e-12), (cpu, 1e-6)] {
            let fine = golden.tensor("fine", on: backend)
            let (means, repeated) = (backend.blockMeans(fine, 4), backend.blocksRepeated(fine, 2))
            #expect(means.shape == [2, 2, 1, 3] && repeated.shape == [2, 16, 8, 3])
            expectClose(backend.doubles(means), golden.values("grids.means"), relative: tolerance)
            expectClose(backend.doubles(repeated), golden.values("grids.repeated"), relative: tolerance)
            expectClose(
                backend.doubles(backend.blockMeans(repeated, 2)), golden.values("fine"), relative: tolerance)
        }
    }

    @Test(
        "Averaging and repeating agree with loops over pixels", arguments: [(3, 1), (2, 3), (7, 1), (32, 3)])
    func loops(ratio: Int, channels: Int) throws {
        let backend = try Device.cpu.open(threads: 2, precision: .float32)
        let (height, width) = (2, 3)
        let fine = backend.randomTensor(
            [2, height * ratio, width * ratio, channels], seed: 4, type: backend.real)
        let values = backend.doubles(fine)
        var expected = [Double](repeating: 0, count: 2 * height * width * channels)
        for (index, value) in values.enumerated() {
            let (c, pixel) = (index % channels, index / channels)
            let (x, row) = (pixel % (width * ratio), pixel / (width * ratio))
            let (n, y) = (row / (height * ratio), row % (height * ratio))
            let target = ((n * height + y / ratio) * width + x / ratio) * channels + c
            expected[target] += value / Double(ratio * ratio)
        }
        let means = backend.blockMeans(fine, ratio)
        // Float32 sums of up to 1,024 terms.
        expectClose(backend.doubles(means), expected, relative: 1e-5)
        let coarse = backend.doubles(means)
        let blocks = values.indices.map { index in
            let (c, pixel) = (index % channels, index / channels)
            let (x, row) = (pixel % (width * ratio), pixel / (width * ratio))
            let (n, y) = (row / (height * ratio), row % (height * ratio))
            return coarse[((n * height + y / ratio) * width + x / ratio) * channels + c]
        }
        #expect(backend.doubles(backend.blocksRepeated(means, ratio)) == blocks)
    }
}
