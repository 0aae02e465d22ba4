import Gradients
import Tensors
import TestSupport
import Testing

/// `[N, H, W, C]` by `[kh, kw, O, C]`.
struct TransposedCase: CustomTestStringConvertible, Sendable {
    let x: Shape
    let weights: Shape
    let geometry: ConvolutionGeometry
    let outputPadding: Int

    init(_ x: Shape, _ weights: Shape, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0) {
        self.x = x
        self.weights = weights
        geometry = ConvolutionGeometry(stride: stride, padding: padding)
        self.outputPadding = outputPadding
    }

    var testDescription: String { "\(x), \(weights), \(geometry), output padding \(outputPadding)" }

    /// Odd and even extents, single channels, rectangular kernels, and the doubling layers of a generator.
    static let all = [
        TransposedCase([2, 4, 4, 6], [5, 5, 3, 6], stride: 2, padding: 2, outputPadding: 1),
        TransposedCase([3, 8, 8, 40], [5, 5, 24, 40], stride: 2, padding: 2, outputPadding: 1),
        TransposedCase([2, 16, 16, 64], [5, 5, 3, 64], stride: 2, padding: 2, outputPadding: 1),
        TransposedCase([1, 3, 5, 2], [3, 3, 4, 2], stride: 2, padding: 1),
        TransposedCase([2, 3, 4, 5], [3, 3, 2, 5]),
        TransposedCase([2, 5, 4, 3], [3, 1, 4, 3], padding: 0),
        TransposedCase([1, 2, 3, 1], [4, 4, 1, 1], stride: 3, padding: 1, outputPadding: 2),
    ]

    /// The result and the gradients of its product with fixed weights, for x and for the weights.
    func results(on backend: any Backend) -> [Tensor] {
        let tape = Tape(backend)
        // Rounded to bfloat16, so that all types see equal inputs.
        let x = tape.variable(
            backend.randomTensor(x, seed: 1, type: backend.reduced, precision: .bfloat16))
        let w = tape.variable(backend.randomTensor(weights, seed: 2, precision: .bfloat16))
        let y = x.transposeConvolved(with: w, geometry, outputPadding: outputPadding, output: backend.real)
        tape.backward(from: y, gradient: backend.randomTensor(y.shape, seed: 3, precision: .bfloat16))
        return [y.value, x.gradient, w.gradient].compactMap(\.self)
    }
}

@Suite("Transposed convolution") struct TransposedConvolutionTests {
    @Test("Every input pixel adds the kernel, scaled by it, to the result", arguments: TransposedCase.all)
    func definition(_ test: TransposedCase) {
        let backend = ReferenceBackend()
        let y = test.results(on: backend)[0]
        let x = backend.doubles(backend.randomTensor(test.x, seed: 1, precision: .bfloat16))
        let w = backend.doubles(backend.randomTensor(test.weights, seed: 2, precision: .bfloat16))
        let (kernel, inputs, outputs) = (test.weights, test.x[3], test.weights[2])
        var expected = [Double](repeating: 0, count: y.count)
        for n in 0..<test.x[0] {
            for (i, j) in (0..<test.x[1]).flatMap({ i in (0..<test.x[2]).map { (i, $0) } }) {
                for (a, b) in (0..<kernel[0]).flatMap({ a in (0..<kernel[1]).map { (a, $0) } }) {
                    let row = i * test.geometry.stride + a - test.geometry.padding
                    let column = j * test.geometry.stride + b - test.geometry.padding
                    guard (0..<y.shape[1]).contains(row), (0..<y.shape[2]).contains(column) else { continue }
                    for o in 0..<outputs {
                        for c in 0..<inputs {
                            expected[((n * y.shape[1] + row) * y.shape[2] + column) * outputs + o] +=
                                x[((n * test.x[1] + i) * test.x[2] + j) * inputs + c]
                                * w[((a * kernel[1] + b) * outputs + o) * inputs + c]
                        }
                    }
                }
            }
        }
        expectClose(backend.doubles(y), expected, relative: 1e-12)
    }

    @Test(
        "Both libraries and both types agree with the naive backend",
        arguments: [CPUBackend.Library.automatic, .openBLAS], TransposedCase.all)
    func product(_ library: CPUBackend.Library, _ test: TransposedCase) throws {
        let reference = ReferenceBackend()
        let expected = test.results(on: reference)
        for precision in [Precision.float32, .auto] {
            let backend = try CPUBackend(threads: 2, precision: precision, library: library)
            // bfloat16: the rounding of results, 2⁻⁸; else of float32 sums.
            let tolerance = backend.reduced == .bfloat16 ? 4e-3 : 1e-5
            for (actual, expected) in zip(test.results(on: backend), expected) {
                expectClose(actual, on: backend, expected, on: reference, relative: tolerance)
            }
        }
    }
}
