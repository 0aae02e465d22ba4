import CKernels
import COneDNN

/// The extents of one convolution, checked.
struct ConvolutionShape {
    let images, height, width, inputs, outputs, kernelHeight, kernelWidth, outHeight, outWidth: Int
    let geometry: ConvolutionGeometry

    init(input: Shape, weights: Shape, _ geometry: ConvolutionGeometry) {
        precondition(input.rank == 4 && weights.rank == 4, "convolution of \(input) with \(weights)")
        precondition(input[3] == weights[2], "convolution of \(input) with \(weights): channels differ")
        precondition(geometry.stride > 0 && geometry.padding >= 0, "convolution with \(geometry)")
        (images, height, width, inputs) = (input[0], input[1], input[2], input[3])
        (kernelHeight, kernelWidth, outputs) = (weights[0], weights[1], weights[3])
        outHeight = geometry.outputExtent(height, kernel: kernelHeight)
        outWidth = geometry.outputExtent(width, kernel: kernelWidth)
        precondition(outHeight > 0 && outWidth > 0, "convolution of \(input) with \(weights): empty result")
        self.geometry = geometry
    }

    var output: Shape { [images, outHeight, outWidth, outputs] }
    var weights: Shape { [kernelHeight, kernelWidth, inputs, outputs] }
    /// Numbers that one output pixel of one channel depends on.
    var fanIn: Int { kernelHeight * kernelWidth * inputs }
    var outPixels: Int { outHeight * outWidth }
    /// Whether a convolution is the product of `[N·H·W, C]` and `[C, O]`.
    var isProduct: Bool {
        kernelHeight == 1 && kernelWidth == 1 && geometry.stride == 1 && geometry.padding == 0
    }

    /// Whether the products of ``NarrowConvolution`` beat the library's convolution: a few channels on one
    /// side, many on the other. Its blocks of 16 channels are mostly empty then.
    var hasNarrowInput: Bool { fanIn > inputs && inputs <= 32 && outputs >= 2 * inputs }
    var hasNarrowOutput: Bool {
        geometry.stride == 1 && geometry.padding < min(kernelHeight, kernelWidth)
            && kernelHeight == kernelWidth
            && fanIn > inputs && outputs <= 32 && inputs >= 2 * outputs
    }

    /// The convolution from results to inputs that this one's transpose is (stride 1): its kernel is turned by
    /// half a turn with inputs and outputs exchanged.
    var adjoint: ConvolutionShape {
        ConvolutionShape(
            input: output, weights: [kernelHeight, kernelWidth, outputs, inputs],
            ConvolutionGeometry(padding: kernelHeight - 1 - geometry.padding))
    }

    var input: Shape { [images, height, width, inputs] }

    var dnn: fc_dnn_shape {
        fc_dnn_shape(
            n: images, h: height, w: width, c: inputs, o: outputs, kh: kernelHeight, kw: kernelWidth,
            stride: geometry.stride, padding: geometry.padding, oh: outHeight, ow: outWidth)
    }

    var window: fc_window {
        fc_window(
            height: height, width: width, channels: inputs, outputs: outputs, kernel_height: kernelHeight,
            kernel_width: kernelWidth, stride: geometry.stride, padding: geometry.padding,
            out_height: outHeight, out_width: outWidth)
    }
}
