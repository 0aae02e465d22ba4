import CKernels
import COpenBLAS

/// Convolutions as products of columns of patches with the weights, one task per few images.
///
/// Tasks are cut by the number of images alone, and OpenBLAS stays on the thread of its task, so results
/// do not depend on the number of threads.
extension CPUBackend {
    /// Images of one product: enough output pixels that its blocks fill.
    private func imagesPerProduct(_ s: ConvolutionShape) -> Int { max(1, 256 / s.outPixels) }

    /// The patches of `images`, `[images · outPixels, fanIn]`: the images themselves for 1×1 convolutions.
    private func columns(
        _ x: Tensor, _ s: ConvolutionShape, _ images: Range<Int>, scratch: Tensor
    ) -> UnsafeMutablePointer<Float> {
        let size = s.height * s.width * s.inputs
        guard !s.isProduct else { return x.floats + images.lowerBound * size }
        var window = s.window
        for (i, image) in images.enumerated() {
            fc_im2col(FC_F32, &window, x.floats + image * size, scratch.floats + i * s.outPixels * s.fanIn)
        }
        return scratch.floats
    }

    private func scratch(_ s: ConvolutionShape, images: Int) -> Tensor {
        allocate([s.isProduct ? 0 : images * s.outPixels * s.fanIn], .float32)
    }

    func convolveColumns(
        _ x: Tensor, _ weights: Tensor, bias: Tensor?, _ s: ConvolutionShape, slope: Float?, into y: Tensor
    ) {
        let wide = bias.map { widened($0, for: y) }
        policy.forRanges(s.images, grain: imagesPerProduct(s)) { images in
            // We hold the block to the end: given back at once, it would serve another thread during the product.
            let scratch = scratch(s, images: images.count)
            defer { withExtendedLifetime(scratch) {} }
            let patches = columns(x, s, images, scratch: scratch)
            let rows = images.count * s.outPixels
            let result = y.floats + images.lowerBound * s.outPixels * s.outputs
            fc_sgemm(
                0, 0, Int32(rows), Int32(s.outputs), Int32(s.fanIn), patches, Int32(s.fanIn), weights.floats,
                Int32(s.outputs), 0, result, Int32(s.outputs))
            guard bias != nil || slope != nil else { return }
            fc_bias_leaky(
                result, wide?.values.floats, rows * s.outputs, wide?.period ?? rows * s.outputs, slope ?? 1)
        }
    }

    func inputGradientByColumns(_ dy: Tensor, _ weights: Tensor, _ s: ConvolutionShape, into dx: Tensor) {
        let size = s.height * s.width * s.inputs
        policy.forRanges(s.images, grain: imagesPerProduct(s)) { images in
            let scratch = scratch(s, images: images.count)
            defer { withExtendedLifetime(scratch) {} }
            let target = s.isProduct ? dx.floats + images.lowerBound * size : scratch.floats
            fc_sgemm(
                0, 1, Int32(images.count * s.outPixels), Int32(s.fanIn), Int32(s.outputs),
                dy.floats + images.lowerBound * s.outPixels * s.outputs, Int32(s.outputs), weights.floats,
                Int32(s.outputs), 0, target, Int32(s.fanIn))
            guard !s.isProduct else { return }
            var window = s.window
            for (i, image) in images.enumerated() {
                fc_col2im(
                    FC_F32, &window, target + i * s.outPixels * s.fanIn, nil, 1, dx.floats + image * size)
            }
        }
    }

    func weightGradientByColumns(_ x: Tensor, _ dy: Tensor, _ s: ConvolutionShape, into dw: Tensor) {
        let step = imagesPerProduct(s)
        // There are at most 16 partial gradients, whatever the number of threads.
        let grain = max(step, (s.images + 15) / 16)
        let chunks = (s.images + grain - 1) / grain
        let partials = allocate([chunks, dw.count], .float32)
        policy.forEach(chunks) { chunk in
            let scratch = scratch(s, images: step)
            defer { withExtendedLifetime(scratch) {} }
            let end = min(s.images, (chunk + 1) * grain)
            for first in stride(from: chunk * grain, to: end, by: step) {
                let images = first..<min(first + step, end)
                fc_sgemm(
                    1, 0, Int32(s.fanIn), Int32(s.outputs), Int32(images.count * s.outPixels),
                    columns(x, s, images, scratch: scratch), Int32(s.fanIn),
                    dy.floats + first * s.outPixels * s.outputs, Int32(s.outputs),
                    first == chunk * grain ? 0 : 1, partials.floats + chunk * dw.count, Int32(s.outputs))
            }
        }
        addRows(partials, into: dw)
    }
}
