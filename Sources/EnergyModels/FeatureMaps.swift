import Gradients
import Networks
import Tensors

extension EnergyNetwork {
    /// The outputs of the named layers, computed no further than the last of them.
    fileprivate func maps(_ x: Variable, _ pass: Pass, of names: Set<String>) -> [String: Tensor] {
        var (maps, h) = ([String: Tensor](), input(x, pass))
        for layer in layers.layers where maps.count < names.count {
            h = layer(h, pass)
            if let name = layer.featureName, names.contains(name) { maps[name] = h.value }
        }
        return maps
    }
}

extension ConditionalEnergy {
    /// The names of the layers, from the image to the top: `conv1`, `conv2` and so on.
    public var layerNames: [String] { network.layers.layers.compactMap(\.featureName) }

    /// The outputs `[N, H, W, C]`, real, of layers of `[N, H, W, C]`, each after its normalisation and leaky ReLU, in the
    /// order of `layers`.
    ///
    /// - Parameters:
    ///   - x: images, `[N, H, W, C]`.
    ///   - pass: binds the parameters and says in which mode layers run.
    ///   - layers: among ``layerNames``.
    public func featureMaps(_ x: Variable, _ pass: Pass, layers: [String]) -> [Tensor] {
        pass.sharded([x.shape.first]) { shard in
            let maps = network.maps(shard(x), shard.pass, of: Set(layers))
            return layers.map { name in
                guard let map = maps[name] else { preconditionFailure("no layer named \(name)") }
                return pass.constant(map)
            }
        }.map(\.value)
    }
}
