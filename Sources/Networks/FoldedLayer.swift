import Gradients
import Tensors

/// A layer as evaluation has it, in float32 arrays, for programs that know nothing of this package: normalisation is
/// multiplied into weights, and what acts in training only is gone.
public indirect enum FoldedLayer: Sendable {
    case convolution(FoldedConvolution)
    /// `scale`·x + `shift` of every channel, both `[C]`.
    case affine(scale: [Float], shift: [Float])
    /// max(x, slope·x).
    case leakyReLU(slope: Float)
    /// 2×2 maximum with stride 2. An odd last row or column is left out.
    case maxPool
    /// `[H, W, C]` → `[C]`.
    case globalPool(Pooling)
    /// `[H, W, C]` → `[HWC]`, row-major.
    case flatten
    /// The sum of what both lists make of the input; an empty list is the identity.
    case residual(branch: [FoldedLayer], shortcut: [FoldedLayer])
}

/// A convolution of `[N, H, W, C]` with bias and, where there is a slope, leaky ReLU.
public struct FoldedConvolution: Sendable {
    /// `[kh, kw, C, O]`.
    public let shape: Shape
    /// Row-major.
    public private(set) var weights: [Float]
    /// `[O]`.
    public private(set) var bias: [Float]
    public let geometry: ConvolutionGeometry
    /// The slope of the leaky ReLU; nil where none follows.
    public fileprivate(set) var slope: Float?

    /// What a convolution does in evaluation, with weight and spectral normalisation in the weights.
    public init(_ layer: some ConvolutionLayer, _ pass: Pass) {
        let weights = layer.weights(pass)
        shape = weights.shape
        self.weights = pass.backend.floats(weights.value)
        bias =
            layer.hasBias
            ? pass.backend.floats(pass.store["\(layer.name).b"])
            : [Float](repeating: 0, count: weights.shape.last)
        geometry = layer.geometry
        slope = layer.slope
    }

    /// Lets `scale`·y + `shift` of the outputs y follow, both `[O]`.
    fileprivate mutating func follow(scale: [Float], shift: [Float]) {
        let outputs = shape.last
        for i in weights.indices { weights[i] *= scale[i % outputs] }
        for o in bias.indices { bias[o] = bias[o] * scale[o] + shift[o] }
    }
}

extension [FoldedLayer] {
    /// Appends a layer, multiplied into the convolution before it where that is possible.
    mutating func fold(_ layer: FoldedLayer) {
        guard case .convolution(var convolution)? = last, convolution.slope == nil else {
            return append(layer)
        }
        switch layer {
        case .affine(let scale, let shift): convolution.follow(scale: scale, shift: shift)
        case .leakyReLU(let slope): convolution.slope = slope
        default: return append(layer)
        }
        self[count - 1] = .convolution(convolution)
    }
}
