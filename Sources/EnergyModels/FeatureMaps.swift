import Gradients
import Networks
import Tensors

extension EnergyNetwork {
    /// The convolutions with the stage that completes each: what normalises and bends its output is part of the layer.
    fileprivate var layers: [(name: String, end: Int)] {
        var layers: [(name: String, end: Int)] = []
        for (index, stage) in stages.enumerated() {
            switch stage {
            case .convolution(let layer): layers.append((layer.name, index))
            case .plainConvolution(let layer): layers.append((layer.name, index))
            case .batchNorm, .meanOnlyBatchNorm, .leakyReLU: layers[layers.count - 1].end = index
            case .dropout, .maxPool, .globalPool, .flatten: break
            }
        }
        return layers
    }

    /// The outputs of the named layers, computed no further than the last of them.
    fileprivate func maps(_ x: Variable, _ pass: Pass, of names: Set<String>) -> [String: Tensor] {
        let wanted = layers.filter { names.contains($0.name) }
        guard let last = wanted.map(\.end).max() else { return [:] }
        let ends = Dictionary(uniqueKeysWithValues: wanted.map { ($0.end, $0.name) })
        var maps: [String: Tensor] = [:]
        var h = input(x, pass, nil)
        for index in 0...last {
            h = apply(stages[index], h, pass, nil)
            if let name = ends[index] { maps[name] = h.value }
        }
        return maps
    }
}

extension ConditionalEnergy {
    /// The names of the convolutions, from the image to the top: `conv1`, `conv2` and so on.
    public var layerNames: [String] { network.layers.map(\.name) }

    /// The outputs `[N, H, W, C]`, real, of layers of `[N, H, W, C]`, each after its normalisation and leaky ReLU, in the
    /// order of `layers`.
    ///
    /// - Parameter layers: among ``layerNames``.
    public func featureMaps(_ x: Variable, _ pass: Pass, layers: [String]) -> [Tensor] {
        let maps = network.maps(x, pass, of: Set(layers))
        return layers.map { name in
            guard let map = maps[name] else { preconditionFailure("no layer named \(name)") }
            return map
        }
    }
}
