import Networks
import Tensors

extension EnergyConfiguration {
    /// F, the numbers that the last layer reads of a datum `[H, W, C]`.
    public func featureCount(shape: Shape) -> Int { EnergyNetwork(self, shape: shape).featureCount }

    /// Multiplications in the products of one forward pass of one datum `[H, W, C]`; `first` is the first layer's share,
    /// whose input gradient no training step needs.
    public func multiplications(shape: Shape) -> (total: Int, first: Int) {
        let network = EnergyNetwork(self, shape: shape)
        var (extent, layers) = (shape[0], [Int]())
        func convolve(_ geometry: ConvolutionGeometry, kernel: Int, _ inputs: Int, _ outputs: Int) {
            extent = geometry.outputExtent(extent, kernel: kernel)
            layers.append(extent * extent * kernel * kernel * inputs * outputs)
        }
        for stage in network.stages {
            switch stage {
            case .convolution(let layer):
                convolve(layer.geometry, kernel: layer.kernel, layer.inputs, layer.outputs)
            case .plainConvolution(let layer):
                convolve(layer.geometry, kernel: layer.kernel, layer.inputs, layer.outputs)
            case .maxPool: extent /= 2
            case .dropout, .batchNorm, .meanOnlyBatchNorm, .leakyReLU, .globalPool, .flatten: break
            }
        }
        let heads = units + (head == .gain ? 1 : 0)
        return (layers.reduce(0, +) + network.featureCount * heads, layers.first ?? 0)
    }
}
