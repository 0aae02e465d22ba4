import CKernels

/// 3×3 convolutions of stride 1 in float32 by Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray, *Fast Algorithms
/// for Convolutional Neural Networks*, CVPR 2016): 36 multiplications for a block of 4×4 results where the definition
/// takes 144.
///
/// Every 6×6 patch and every kernel is transformed; the convolution is then 36 products, one for each transformed
/// pixel, of `[blocks, C]` and `[C, O]`. Rounding errors are several times those of the definition.
struct WinogradConvolution {
    let backend: CPUBackend
    let library: OneDNN
    let shape: ConvolutionShape

    private static let points = 36
    /// Transformed patches and products of as many images at a time as have about so many elements: they stay in the
    /// cache between the three steps.
    private static let cached = 1 << 20

    private var rows: Int { (shape.outHeight + 3) / 4 }
    private var columns: Int { (shape.outWidth + 3) / 4 }

    func forward(_ x: Tensor, _ weights: Tensor, bias: Tensor?, slope: Float?, into y: Tensor) {
        let kernels = transformed(weights)
        let elements = Self.points * rows * columns * (shape.inputs + shape.outputs)
        let step = max(1, Self.cached / elements)
        for first in stride(from: 0, to: shape.images, by: step) {
            let images = first..<min(shape.images, first + step)
            let patches = transformed(x, images)
            let products = backend.allocate([Self.points, patches.shape[1], shape.outputs], .float32)
            library.product(patches, kernels, into: products)
            store(products, images, bias: bias, slope: slope, into: y)
        }
    }

    /// `[3, 3, C, O]` → `[36, C, O]`.
    private func transformed(_ weights: Tensor) -> Tensor {
        let count = shape.inputs * shape.outputs
        let kernels = backend.allocate([Self.points, shape.inputs, shape.outputs], .float32)
        backend.policy.forRanges(count, grain: ThreadPolicy.grain / Self.points) { range in
            let at = range.lowerBound
            fc_winograd_weights(weights.floats + at, count, kernels.floats + at, range.count)
        }
        return kernels
    }

    /// The patches of `images` of `[N, H, W, C]` → `[36, images·blocks, C]`.
    private func transformed(_ x: Tensor, _ images: Range<Int>) -> Tensor {
        let patches = backend.allocate([Self.points, images.count * rows * columns, shape.inputs], .float32)
        forBlockRows(images) { image, row, block in
            var window = shape.window
            fc_winograd_input(
                &window, x.floats + image * shape.height * shape.width * shape.inputs, row,
                patches.floats + block * shape.inputs, patches.count / Self.points)
        }
        return patches
    }

    /// `[36, images·blocks, O]` to the pixels of `images` of y, `[N, OH, OW, O]`.
    private func store(
        _ products: Tensor, _ images: Range<Int>, bias: Tensor?, slope: Float?, into y: Tensor
    ) {
        forBlockRows(images) { image, row, block in
            var window = shape.window
            fc_winograd_output(
                &window, products.floats + block * shape.outputs, products.count / Self.points, row,
                bias?.floats, slope ?? 1,
                y.floats + image * shape.outPixels * shape.outputs)
        }
    }

    /// Calls `body` with each image, row of its blocks, and number of that row's first block among all of `images`.
    private func forBlockRows(_ images: Range<Int>, _ body: (Int, Int, Int) -> Void) {
        backend.policy.forEach(images.count * rows) { index in
            body(images.lowerBound + index / rows, index % rows, index * columns)
        }
    }
}
