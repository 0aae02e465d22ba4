import Networks
import Tensors

extension EnergyConfiguration {
    /// Multiplications in the products of one forward pass of one datum `[H, W, C]`; `first` is the first layer's share,
    /// whose input gradient no training step needs.
    public func multiplications(shape: Shape) -> (total: Int, first: Int) {
        let network = EnergyNetwork(self, shape: shape)
        var (extent, layers) = (shape[0], [Int]())
        for stage in network.stages {
            switch stage {
            case .convolution(let layer):
                extent = layer.geometry.outputExtent(extent, kernel: layer.kernel)
                layers.append(extent * extent * layer.kernel * layer.kernel * layer.inputs * layer.outputs)
            case .maxPool: extent /= 2
            case .dropout, .globalPool, .flatten: break
            }
        }
        let heads = classes + (head == .gain ? 1 : 0)
        return (layers.reduce(0, +) + network.featureCount * heads, layers.first ?? 0)
    }
}
