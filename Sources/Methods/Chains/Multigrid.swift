import Tensors

// Grids of multigrid sampling: Gao, Lu, Zhou, Zhu & Wu, *Learning Generative ConvNets via Multi-grid Modeling and
// Sampling*, CVPR 2018. An energy is learnt at every grid. Chains start from images of one pixel, the training images'
// mean colours, go on at the coarsest grid and start at every finer grid from where the coarser one has left them.

extension Backend {
    /// Means over blocks of `ratio` × `ratio` pixels: real `[N, H, W, C]` → `[N, H/ratio, W/ratio, C]`.
    public func blockMeans(_ x: Tensor, _ ratio: Int) -> Tensor {
        precondition(x.shape[1] % ratio == 0 && x.shape[2] % ratio == 0, "\(x.shape) in blocks of \(ratio)")
        let weights = blockWeights(ratio, channels: x.shape.last, 1 / Float(ratio * ratio))
        return convolution(
            x, weights, bias: nil, ConvolutionGeometry(stride: ratio), slope: nil, output: real)
    }

    /// Every pixel repeated as a block of `ratio` × `ratio`: real `[N, H, W, C]` → `[N, H·ratio, W·ratio, C]`.
    public func blocksRepeated(_ x: Tensor, _ ratio: Int) -> Tensor {
        let shape: Shape = [x.shape.first, x.shape[1] * ratio, x.shape[2] * ratio, x.shape.last]
        return convolutionInputGradient(
            x, blockWeights(ratio, channels: x.shape.last, 1), ConvolutionGeometry(stride: ratio),
            shape: shape)
    }

    /// `[ratio, ratio, C, C]`: `value` from each channel to itself.
    private func blockWeights(_ ratio: Int, channels: Int, _ value: Float) -> Tensor {
        let pixel = (0..<channels * channels).map { $0 % (channels + 1) == 0 ? value : 0 }
        let values = [[Float]](repeating: pixel, count: ratio * ratio).flatMap(\.self)
        return tensor(values, [ratio, ratio, channels, channels], real)
    }
}
