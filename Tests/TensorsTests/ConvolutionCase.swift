import Tensors
import Testing

/// Extents of one convolution.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    var x: Shape
    var weights: Shape
    var geometry: ConvolutionGeometry

    init(_ x: Shape, _ weights: Shape, stride: Int = 1, padding: Int = 0) {
        self.x = x
        self.weights = weights
        geometry = ConvolutionGeometry(stride: stride, padding: padding)
    }

    var testDescription: String {
        "\(x) ⋆ \(weights), stride \(geometry.stride), padding \(geometry.padding)"
    }

    /// Odd and even extents, batch 1, single channels, 1×1 and rectangular kernels, strides 1 and 2, and a kernel as
    /// large as the image.
    static let all = [
        ConvolutionCase([2, 8, 8, 3], [3, 3, 3, 8], padding: 1),
        ConvolutionCase([1, 7, 5, 2], [3, 3, 2, 3], padding: 1),
        ConvolutionCase([3, 8, 8, 4], [3, 3, 4, 6], stride: 2, padding: 1),
        ConvolutionCase([2, 7, 9, 3], [3, 3, 3, 5], stride: 2, padding: 1),
        ConvolutionCase([2, 6, 6, 5], [3, 3, 5, 7]),
        ConvolutionCase([2, 5, 6, 1], [1, 1, 1, 1]),
        ConvolutionCase([3, 4, 4, 6], [1, 1, 6, 16]),
        ConvolutionCase([2, 10, 3, 8], [1, 1, 8, 33]),
        ConvolutionCase([1, 5, 5, 2], [1, 1, 2, 3], stride: 2),
        ConvolutionCase([2, 4, 4, 3], [2, 2, 3, 4], stride: 2),
        ConvolutionCase([2, 6, 5, 2], [3, 1, 2, 3]),
        ConvolutionCase([1, 3, 3, 17], [3, 3, 17, 1]),
    ]
}
