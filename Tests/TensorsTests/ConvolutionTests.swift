import Tensors
import TestSupport
import Testing

/// The product's convolutions and matrix products against the reference.
@Suite("Convolutions and products")
struct ConvolutionTests {
    /// Beside the small cases, shapes large enough to be cut among threads.
    static let cases =
        ConvolutionCase.all + [
            ConvolutionCase([5, 16, 16, 32], [3, 3, 32, 40], padding: 1),
            ConvolutionCase([4, 17, 15, 24], [3, 3, 24, 32], stride: 2, padding: 1),
            ConvolutionCase([3, 12, 12, 48], [1, 1, 48, 64]),
            ConvolutionCase([2, 32, 32, 3], [3, 3, 3, 64], padding: 1),
            // Few channels on one side and many on the other take a path of their own.
            ConvolutionCase([3, 9, 7, 6], [3, 3, 6, 300], padding: 1),
            ConvolutionCase([2, 9, 9, 3], [3, 3, 3, 300], stride: 2, padding: 1),
            ConvolutionCase([3, 9, 7, 300], [3, 3, 300, 6], padding: 1),
            ConvolutionCase([2, 6, 7, 300], [5, 5, 300, 3], padding: 1),
            ConvolutionCase([2, 9, 8, 80], [3, 3, 80, 5]),
            // Products by our own kernels, with tiles that end outside.
            ConvolutionCase([2, 9, 8, 131], [1, 1, 131, 149]),
            ConvolutionCase([9, 8, 8, 130], [1, 1, 130, 67]),
            // In float32 by Winograd's filtering: blocks that end outside, every padding, images for two rounds.
            ConvolutionCase([3, 9, 7, 32], [3, 3, 32, 48], padding: 1),
            ConvolutionCase([2, 8, 6, 48], [3, 3, 48, 32]),
            ConvolutionCase([1, 5, 6, 32], [3, 3, 32, 32], padding: 2),
            ConvolutionCase([1, 4, 5, 32], [3, 3, 32, 32], padding: 3),
            ConvolutionCase([500, 2, 2, 32], [3, 3, 32, 32], padding: 1),
        ]

    @Test(arguments: Engine.all, cases)
    func forward(_ engine: Engine, _ test: ConvolutionCase) throws {
        try expectAgreement(engine) { backend in
            let x = backend.randomTensor(test.x, seed: 1, type: backend.reduced, precision: .bfloat16)
            let w = backend.randomTensor(test.weights, seed: 2, precision: .bfloat16)
            let b = backend.randomTensor([test.weights[3]], seed: 3)
            return [(nil, nil), (b, nil), (b, 0), (nil, 0.2), (b, 0.2)].flatMap { bias, slope in
                [backend.reduced, backend.real].map {
                    backend.convolution(x, w, bias: bias, test.geometry, slope: slope, output: $0)
                }
            }
        }
    }

    @Test(arguments: Engine.all, cases)
    func gradients(_ engine: Engine, _ test: ConvolutionCase) throws {
        try expectAgreement(engine) { backend in
            let x = backend.randomTensor(test.x, seed: 1, type: backend.reduced, precision: .bfloat16)
            let w = backend.randomTensor(test.weights, seed: 2, precision: .bfloat16)
            let y: Shape = [
                test.x[0], test.geometry.outputExtent(test.x[1], kernel: test.weights[0]),
                test.geometry.outputExtent(test.x[2], kernel: test.weights[1]), test.weights[3],
            ]
            let dy = backend.randomTensor(y, seed: 3, type: backend.reduced, precision: .bfloat16)
            return [
                backend.convolutionInputGradient(dy, w, test.geometry, shape: test.x),
                backend.convolutionWeightGradient(x, dy, test.geometry, shape: test.weights),
            ]
        }
    }

    /// A backend that remembers prepared weights must notice when they are written in place.
    @Test(arguments: Engine.all)
    func weightsChangedInPlace(_ engine: Engine) throws {
        try expectAgreement(engine) { backend in
            let x = backend.randomTensor([2, 6, 6, 8], seed: 1, type: backend.reduced, precision: .bfloat16)
            let w = backend.randomTensor([3, 3, 8, 16], seed: 2, precision: .bfloat16)
            let geometry = ConvolutionGeometry(padding: 1)
            var results: [Tensor] = []
            for step in 0..<3 {
                results.append(
                    backend.convolution(x, w, bias: nil, geometry, slope: nil, output: backend.real))
                backend.copy(
                    backend.randomTensor(w.shape, seed: UInt64(9 + step), precision: .bfloat16), into: w)
            }
            return results
        }
    }

    @Test(arguments: Engine.all, [Shape([3, 2, 2, 5]), Shape([4, 7]), Shape([2, 16, 16, 33])])
    func activationGradient(_ engine: Engine, _ shape: Shape) throws {
        for type in [ScalarType.float32, .bfloat16] {
            try expectAgreement(engine, "\(type)") { backend in
                let dy = backend.randomTensor(shape, seed: 1, type: type, precision: .bfloat16)
                let y = backend.randomTensor(shape, seed: 2, type: type, precision: .bfloat16)
                return [Float?.none, 0, 0.2].flatMap { slope in
                    let (dz, bias) = backend.activationGradient(dy, y, slope: slope, wantsBias: true)
                    return [dz, bias!]
                }
            }
        }
    }

    static let products: [Shape] = [
        [1, 1, 1], [3, 5, 7], [64, 33, 17], [1, 128, 10], [128, 1, 9], [70, 200, 130],
        // Products by our own kernels, the second of more numbers than are packed at a time.
        [150, 97, 117], [128, 2085, 50],
    ]

    @Test(arguments: Engine.all, products)
    func matrixProducts(_ engine: Engine, _ extents: Shape) throws {
        let (m, k, n) = (extents[0], extents[1], extents[2])
        try expectAgreement(engine) { backend in
            [(false, false), (false, true), (true, false), (true, true)].map { transposeA, transposeB in
                let a = backend.randomTensor(transposeA ? [k, m] : [m, k], seed: 1)
                let b = backend.randomTensor(transposeB ? [n, k] : [k, n], seed: 2)
                return backend.matrixProduct(a, b, transposeA: transposeA, transposeB: transposeB)
            }
        }
    }
}
