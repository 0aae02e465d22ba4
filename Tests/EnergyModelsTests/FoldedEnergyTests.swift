import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@testable import EnergyModels

/// Folded layers evaluated by plain loops, against the model.
@Suite("Folded energies") struct FoldedEnergyTests {
    private let backend = ReferenceBackend()

    @Test(
        "Loops over folded layers give the model's logits",
        arguments: EnergyConfiguration.Normalization.allCases,
        [
            (EnergyConfiguration.Network.convSmall, EnergyConfiguration.Pooling.max), (.convSmall, .mean),
            (.resnet, .mean),
        ])
    func loopsGiveTheLogits(
        normalization: EnergyConfiguration.Normalization,
        layers: (network: EnergyConfiguration.Network, pooling: EnergyConfiguration.Pooling)
    ) throws {
        let pooling = layers.pooling
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.width, configuration.classes) = (layers.network, 1.0 / 64, 3)
        (configuration.normalization, configuration.pooling) = (normalization, pooling)
        configuration.downsampling = pooling == .max ? .maxpool : .stride
        configuration.normalizesLogits = normalization == .batch
        configuration.head = normalization == .weight ? .gain : .plain
        configuration.standardizesInput = pooling == .mean
        let shape: Shape = [18, 18, 2]
        let energy = ConditionalEnergy(configuration, shape: shape, backend: backend, seed: 1)
        energy.initialize(with: backend.randomTensor([6, 18, 18, 2], seed: 3, scale: 0.3))
        for (index, name) in energy.store.names.enumerated() {
            let change = backend.randomTensor(energy.store[name].shape, seed: UInt64(50 + index), scale: 0.02)
            backend.accumulate(change, into: energy.store[name], scale: 1)
        }
        let x = backend.randomTensor([1, 18, 18, 2], seed: 4, scale: 0.3)
        let pass = Pass.inference(energy.store)
        let expected = backend.doubles(energy.logits(pass.constant(x), pass).value)
        let folded = try energy.folded(energy.store)
        expectClose(logits(folded, backend.doubles(x), shape), expected, relative: 1e-5, "logits")
        // The weights are those of the store that is named, such as an average.
        let other = energy.store.duplicate()
        backend.fill(other["delta"], with: 0)
        let changed = try energy.folded(other)
        #expect(changed.bias != folded.bias && changed.head == folded.head)
    }

    @Test("Of a head with layers of its own the classes' parts are folded, which is all that p(y|x) needs")
    func ownLayers() throws {
        var configuration = EnergyConfiguration()
        (configuration.width, configuration.classes) = (1.0 / 64, 3)
        (configuration.base, configuration.head) = (.none, .separate)
        (configuration.sharedNetwork, configuration.standardizesInput) = (.moments, true)
        let shape: Shape = [18, 18, 2]
        let energy = ConditionalEnergy(configuration, shape: shape, backend: backend, seed: 1)
        energy.initialize(
            with: backend.randomTensor([6, 18, 18, 2], seed: 3, scale: 0.3), energyDeviation: 1)
        let x = backend.randomTensor([1, 18, 18, 2], seed: 4, scale: 0.3)
        let pass = Pass.inference(energy.store)
        let parts = energy.classParts(pass.constant(x), pass).logits
        let folded = try energy.folded(energy.store)
        #expect(folded.lacksSharedEnergy && folded.shared == nil && folded.normalizer == 0)
        let expected = backend.doubles(energy.classScores(parts, pass).logSoftmax().value)
        let logits = logits(folded, backend.doubles(x), shape)
        let total = Double.log(logits.reduce(0) { $0 + Double.exp($1) })
        expectClose(logits.map { $0 - total }, expected, relative: 1e-5, absolute: 1e-6)
    }

    /// f_k − δ_k of one image, as ``FoldedEnergy`` defines it.
    private func logits(_ energy: FoldedEnergy, _ image: [Double], _ shape: Shape) -> [Double] {
        var map = Map(height: shape[0], width: shape[1], channels: shape[2], values: image)
        if energy.standardizesInput { map.standardize() }
        map = map.applied(energy.layers)
        let classes = energy.bias.count
        return (0..<classes).map { k in
            map.values.enumerated().reduce(Double(energy.bias[k])) { sum, feature in
                let shared = energy.shared.map { Double($0[feature.offset]) } ?? 0
                return sum + feature.element * (Double(energy.head[feature.offset * classes + k]) + shared)
            }
        }
    }
}

/// One image's numbers, `[height, width, channels]`.
private struct Map {
    var height, width, channels: Int
    var values: [Double]

    mutating func standardize() {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        values = values.map { ($0 - mean) / (variance + 1e-8).squareRoot() }
    }

    func applied(_ layers: [FoldedLayer]) -> Map { layers.reduce(self) { $0.applied($1) } }

    private func applied(_ layer: FoldedLayer) -> Map {
        switch layer {
        case .convolution(let convolution): return convolved(convolution)
        case .affine(let scale, let shift):
            return mapped { value, c in value * Double(scale[c]) + Double(shift[c]) }
        case .leakyReLU(let slope): return mapped { value, _ in max(value, Double(slope) * value) }
        case .maxPool: return pooled(size: 2) { max($0, $1) }
        case .globalPool(.max): return pooled(size: height) { max($0, $1) }
        case .globalPool(.mean):
            let count = Double(height * width)
            return pooled(size: height, +).mapped { value, _ in value / count }
        case .flatten: return self
        case .residual(let branch, let shortcut):
            let other = applied(shortcut)
            var sum = applied(branch)
            sum.values = zip(sum.values, other.values).map(+)
            return sum
        }
    }

    private func mapped(_ function: (_ value: Double, _ channel: Int) -> Double) -> Map {
        var result = self
        result.values = values.enumerated().map { function($0.element, $0.offset % channels) }
        return result
    }

    func convolved(_ layer: FoldedConvolution) -> Map {
        let (kernel, outputs, geometry) = (layer.shape[0], layer.shape[3], layer.geometry)
        let size = geometry.outputExtent(height, kernel: kernel)
        var result = Map(height: size, width: size, channels: outputs, values: [])
        for row in 0..<size {
            for column in 0..<size {
                for o in 0..<outputs {
                    var sum = Double(layer.bias[o])
                    for i in 0..<kernel {
                        for j in 0..<kernel {
                            let (y, x) = (
                                row * geometry.stride + i - geometry.padding,
                                column * geometry.stride + j - geometry.padding
                            )
                            guard 0..<height ~= y, 0..<width ~= x else { continue }
                            for c in 0..<channels {
                                let weight = layer.weights[((i * kernel + j) * channels + c) * outputs + o]
                                sum += values[(y * width + x) * channels + c] * Double(weight)
                            }
                        }
                    }
                    result.values.append(layer.slope.map { max(sum, Double($0) * sum) } ?? sum)
                }
            }
        }
        return result
    }

    func pooled(size: Int, _ join: (Double, Double) -> Double) -> Map {
        var result = Map(height: height / size, width: width / size, channels: channels, values: [])
        for row in 0..<result.height {
            for column in 0..<result.width {
                for c in 0..<channels {
                    let window = (0..<size * size).map { i in
                        values[((row * size + i / size) * width + column * size + i % size) * channels + c]
                    }
                    result.values.append(window.dropFirst().reduce(window[0], join))
                }
            }
        }
        return result
    }
}
