import Datasets
import EnergyModels
import Gradients
import Networks
import System
import Tensors
import TestSupport
import Testing

@testable import Probes

private func energy(
    _ network: EnergyConfiguration.Network, width: Double, backend: any Backend,
    _ change: (inout EnergyConfiguration) -> Void = { _ in }
) -> ConditionalEnergy {
    var configuration = EnergyConfiguration()
    configuration.network = network
    configuration.width = width
    change(&configuration)
    let energy = ConditionalEnergy(configuration, shape: [32, 32, 3], backend: backend, seed: 1)
    let batch = backend.normal([8, 32, 32, 3], key: RandomKey(seed: 2, purpose: .noise))
    energy.initialize(with: batch)
    return energy
}

private func images(_ count: Int, _ backend: any Backend) -> Tensor {
    backend.normal([count, 32, 32, 3], key: RandomKey(seed: 3, purpose: .noise))
}

/// PyTorch's adaptive maximum pooling, pixel by pixel.
private func pooled(_ x: [Double], _ count: Int, _ height: Int, _ width: Int, _ channels: Int) -> [Double] {
    let (rows, columns) = (min(4, height), min(4, width))
    func window(_ i: Int, _ extent: Int, _ cells: Int) -> Range<Int> {
        let end = Int((Double((i + 1) * extent) / Double(cells)).rounded(.up))
        return Int((Double(i * extent) / Double(cells)).rounded(.down))..<end
    }
    var y: [Double] = []
    for n in 0..<count {
        for i in 0..<rows {
            for j in 0..<columns {
                for c in 0..<channels {
                    var largest = -Double.infinity
                    for h in window(i, height, rows) {
                        for w in window(j, width, columns) {
                            largest = max(largest, x[((n * height + h) * width + w) * channels + c])
                        }
                    }
                    y.append(largest)
                }
            }
        }
    }
    return y
}

@Suite("Features") struct FeatureTests {
    @Test(
        "Pooling to 4×4 is the naive loop's",
        arguments: [[16, 16], [8, 8], [6, 6], [4, 4], [7, 5], [13, 4], [3, 9], [1, 1]])
    func pooling(_ extents: [Int]) throws {
        for backend: any Backend in [ReferenceBackend(), try Device.cpu.open(precision: .float32)] {
            let x = backend.normal(
                [3, extents[0], extents[1], 5], key: RandomKey(seed: 1, purpose: .noise))
            let y = backend.gridMaxPooled(x, grid: 4)
            #expect(y.shape == [3, min(4, extents[0]) * min(4, extents[1]) * 5])
            #expect(backend.doubles(y) == pooled(backend.doubles(x), 3, extents[0], extents[1], 5))
        }
    }

    @Test("Features are each layer's pooled output, from the first layer to the last")
    func layers() throws {
        let backend = try Device.cpu.open(precision: .float32)
        let energy = energy(.convSmall, width: 0.125, backend: backend)
        let x = images(3, backend)
        let names = ["conv2", "conv7", "conv9"]
        let extractor = try FeatureExtractor(energy, layers: names.reversed())
        #expect(extractor.layers == names)
        let pass = Pass.inference(energy.store)
        let maps = energy.featureMaps(pass.constant(x), pass, layers: names)
        #expect(maps.map(\.shape) == [[3, 32, 32, 8], [3, 6, 6, 16], [3, 6, 6, 16]])
        let parts = maps.map { map in
            pooled(backend.doubles(map), 3, map.shape[1], map.shape[2], map.shape[3])
        }
        let widths = parts.map { $0.count / 3 }
        let expected = (0..<3).flatMap { n in
            zip(parts, widths).flatMap { part, width in part[n * width..<(n + 1) * width] }
        }
        #expect(backend.doubles(extractor(x)) == expected)
    }

    @Test("The top map of the four-layer network is what its last layer reads")
    func top() throws {
        let backend = try Device.cpu.open(precision: .float32)
        let energy = energy(.fourLayer, width: 0.25, backend: backend)
        let x = images(2, backend)
        let top = try FeatureExtractor(energy, layers: ["top"])(x)
        let pass = Pass.inference(energy.store)
        let features = energy.features(pass.constant(x), pass, activations: backend.real).value
        #expect(top.shape == [2, 1024] && backend.doubles(top) == backend.doubles(features))
    }

    @Test("Twice the widths of Table 5 make the 14,336 features of Table 3")
    func table3() throws {
        let backend = try Device.cpu.open(precision: .float32)
        let energy = energy(.fourLayer, width: 2, backend: backend)
        #expect(energy.layerNames == ["conv1", "conv2", "conv3"])
        #expect(try FeatureExtractor(energy, layers: ["all"])(images(1, backend)).shape == [1, 14_336])
    }

    @Test(
        "A layer ends with its normalisation and leaky ReLU",
        arguments: [EnergyConfiguration.Normalization.batch, .meanOnly])
    func normalisedLayers(_ normalization: EnergyConfiguration.Normalization) throws {
        let backend = ReferenceBackend()
        let energy = energy(.fourLayer, width: 0.0625, backend: backend) { $0.normalization = normalization }
        let x = images(2, backend)
        let pass = Pass.inference(energy.store)
        let top = energy.featureMaps(pass.constant(x), pass, layers: ["conv3"])[0]
        let features = energy.features(pass.constant(x), pass).value
        #expect(backend.doubles(top) == backend.doubles(features))
    }

    @Test("A layer that the network lacks is refused with those that it has")
    func unknownLayer() throws {
        let energy = energy(.fourLayer, width: 0.0625, backend: ReferenceBackend())
        let error = #expect(throws: UserError.self) {
            try FeatureExtractor(energy, layers: ["conv1", "conv4"])
        }
        #expect(error?.kind == .recipe && error?.description.contains("conv4") == true)
        #expect(error?.advice?.contains("conv1, conv2, conv3") == true)
        #expect(throws: UserError.self) { try FeatureExtractor(energy, layers: []) }
    }

    @Test("Batches of a set give what one pass of all its images gives")
    func streaming() throws {
        let backend = try Device.cpu.open(precision: .float32)
        let energy = energy(.fourLayer, width: 0.0625, backend: backend)
        let pair = try SyntheticSet.images(300)
        let extractor = try FeatureExtractor(energy, layers: ["all"])
        var counts: [Int] = []
        let indices = Array((0..<300).reversed())
        let features = extractor.features(of: pair, indices) { counts.append($0) }
        #expect(counts == [250, 300] && features.labels == pair.labels.reversed())
        let values = pair.values(
            at: indices, dequantize: .centre, key: RandomKey(seed: 0, purpose: .evaluation))
        let whole = extractor(backend.tensor(values, [300, 32, 32, 3], .float32))
        expectClose(
            backend.doubles(features.values), backend.doubles(whole), relative: 1e-5, "features")
    }
}
