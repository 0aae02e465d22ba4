import CKernels

/// Convolutions with few channels on one side and many on the other, as the first and last of a wide coupling
/// network, as one product with the patches of the narrow side.
///
/// With few inputs the patches are the input's, `[N·OH·OW, kh·kw·C]`. With few outputs the same is done to the
/// adjoint convolution, which has few inputs.
struct NarrowConvolution {
    let backend: CPUBackend
    let library: OneDNN
    let shape: ConvolutionShape

    // MARK: Few inputs

    func forward(_ x: Tensor, _ weights: Tensor, bias: Tensor?, slope: Float?, into y: Tensor) {
        backend.product(
            patches(x, shape), matrix(weights, x.type), bias: bias, slope: slope,
            into: pixels(y, shape.outputs), library)
    }

    func inputGradient(_ dy: Tensor, _ weights: Tensor, into dx: Tensor) {
        let columns = product(pixels(dy, shape.outputs), matrix(weights, dy.type), transposeB: true)
        gather(columns, shape, bias: nil, slope: nil, into: dx)
    }

    func weightGradient(_ x: Tensor, _ dy: Tensor, into dw: Tensor) {
        backend.product(
            patches(x, shape), pixels(dy, shape.outputs), transposeA: true,
            into: dw.reshaped([shape.fanIn, shape.outputs]), library)
    }

    // MARK: Few outputs

    func forwardOfAdjoint(_ x: Tensor, _ weights: Tensor, bias: Tensor?, slope: Float?, into y: Tensor) {
        let adjoint = shape.adjoint
        let turned = backend.adjointWeights(weights, shape, x.type).reshaped([adjoint.fanIn, adjoint.outputs])
        let columns = product(pixels(x, shape.inputs), turned, transposeB: true)
        gather(columns, adjoint, bias: bias, slope: slope, into: y)
    }

    func weightGradientOfAdjoint(_ x: Tensor, _ dy: Tensor, into dw: Tensor) {
        let adjoint = shape.adjoint
        let turned = backend.allocate(adjoint.weights, .float32)
        backend.product(
            patches(dy, adjoint), pixels(x, shape.inputs), transposeA: true,
            into: turned.reshaped([adjoint.fanIn, adjoint.outputs]), library)
        backend.copy(backend.adjointWeights(turned, adjoint, .float32), into: dw)
    }

    // MARK: Pieces

    private func pixels(_ x: Tensor, _ channels: Int) -> Tensor {
        x.reshaped([x.count / channels, channels])
    }

    private func matrix(_ weights: Tensor, _ type: ScalarType) -> Tensor {
        backend.cast(weights, to: type).reshaped([shape.fanIn, shape.outputs])
    }

    private func product(_ a: Tensor, _ b: Tensor, transposeB: Bool) -> Tensor {
        let c = backend.allocate([a.shape[0], transposeB ? b.shape[0] : b.shape[1]], .float32)
        backend.product(a, b, transposeB: transposeB, into: c, library)
        return c
    }

    private func patches(_ x: Tensor, _ s: ConvolutionShape) -> Tensor {
        let columns = backend.allocate([s.images * s.outPixels, s.fanIn], x.type)
        forImages(s) { image in
            var window = s.window
            fc_im2col(
                x.code, &window, x.bytes(at: image * s.height * s.width * s.inputs),
                columns.bytes(at: image * s.outPixels * s.fanIn))
        }
        return columns
    }

    private func gather(
        _ columns: Tensor, _ s: ConvolutionShape, bias: Tensor?, slope: Float?, into x: Tensor
    ) {
        forImages(s) { image in
            var window = s.window
            fc_col2im(
                x.code, &window, columns.floats + image * s.outPixels * s.fanIn, bias?.floats, slope ?? 1,
                x.bytes(at: image * s.height * s.width * s.inputs))
        }
    }

    private func forImages(_ s: ConvolutionShape, _ body: (Int) -> Void) {
        let grain = max(1, ThreadPolicy.grain / (s.outPixels * s.fanIn))
        backend.policy.forRanges(s.images, grain: grain) { range in
            for image in range { body(image) }
        }
    }
}
