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

    /// Whether that product is large enough for kernels of products; below, the library's convolution is quicker.
    var isWideProduct: Bool { isProduct && min(inputs, outputs) >= 64 }

    /// A side of at most this many channels leaves most of the library's blocks of 16 empty.
    private static let few = 32
    /// Empty blocks are dear where the other side has more channels than this: ``NarrowConvolution`` is then two to
    /// three times as fast (measured with AVX512-BF16; the library is ahead with fewer channels).
    private static let many = 256

    var hasNarrowInput: Bool { fanIn > inputs && inputs <= Self.few && outputs > Self.many }
    var hasNarrowOutput: Bool { hasNarrowOutputGradient && inputs > Self.many }
    /// Weight gradients are slower with the library's kernels from 64 channels on.
    var hasNarrowOutputGradient: Bool {
        geometry.stride == 1 && kernelHeight == kernelWidth && geometry.padding < kernelHeight
            && fanIn > inputs && outputs <= Self.few && inputs >= 64
    }

    /// Whether ``WinogradConvolution`` computes this convolution. Its kernels work on 16 channels at a time; from 32
    /// channels on it is faster than the library (measured with AVX-512; fewer were not tried).
    var suitsWinograd: Bool {
        kernelHeight == 3 && kernelWidth == 3 && geometry.stride == 1 && inputs % 16 == 0 && outputs % 16 == 0
            && min(inputs, outputs) >= 32
    }
    var adjointSuitsWinograd: Bool { suitsWinograd && geometry.padding <= 2 }

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
