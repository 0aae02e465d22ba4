import Tensors
import TestSupport
import Testing

/// Weight normalisation, pools and batch normalisation against the reference.
@Suite("Network kernels")
struct NetworkKernelTests {
    static let engine = Engine()
    static let types: [ScalarType] = [.float32, .bfloat16]

    @Test(arguments: [Shape([3, 3, 3, 8]), [1, 1, 5, 1], [40, 10], [3, 3, 128, 65]])
    func weightNorm(_ shape: Shape) throws {
        try expectAgreement(Self.engine) { backend in
            let v = backend.randomTensor(shape, seed: 1, scale: 0.05)
            let g = backend.randomTensor([shape.last], seed: 2)
            let dw = backend.randomTensor(shape, seed: 3)
            let (weights, norms) = backend.weightNorm(v, g)
            let (dv, dg) = backend.weightNormGradient(dw, v, g, norms: norms)
            return [weights, norms, dv, dg]
        }
    }

    /// Maxima are exact and so are winners: the inputs hold no ties but in the case below.
    @Test(arguments: types, [Shape([2, 6, 6, 5]), [1, 1, 1, 1], [3, 7, 5, 17], [4, 2, 2, 128]])
    func maxPools(_ type: ScalarType, _ shape: Shape) throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = distinct(shape, type, on: backend)
            let (y, winners) = backend.globalMaxPool(x)
            let dy = backend.randomTensor(y.shape, seed: 2, type: type, precision: .bfloat16)
            var results = [y, winners, backend.globalMaxPoolGradient(dy, winners: winners, shape: shape)]
            if shape[1] > 1 {
                let (y, winners) = backend.maxPool(x)
                let dy = backend.randomTensor(y.shape, seed: 3, type: type, precision: .bfloat16)
                results += [y, winners, backend.maxPoolGradient(dy, winners: winners, shape: shape)]
            }
            return results
        }
    }

    /// Values exact in bfloat16 whose neighbours within a channel all differ.
    private func distinct(_ shape: Shape, _ type: ScalarType, on backend: any Backend) -> Tensor {
        var stream = RandomStream(RandomKey(seed: 1, purpose: .noise))
        var values = [Double](repeating: 0, count: shape.count)
        let pixels = shape[1] * shape[2]
        for n in 0..<shape[0] {
            for c in 0..<shape[3] {
                for (pixel, rank) in stream.permutation(pixels).enumerated() {
                    values[(n * pixels + pixel) * shape[3] + c] = Double(rank - pixels / 2)
                }
            }
        }
        return backend.tensor(values, shape, type)
    }

    @Test func tiesGoToTheFirst() throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = backend.zeros([1, 4, 4, 3], .float32)
            return [backend.globalMaxPool(x).winners, backend.maxPool(x).winners]
        }
    }

    @Test(arguments: types, [Shape([2, 6, 6, 5]), [1, 1, 1, 1], [3, 7, 5, 17]])
    func meanPools(_ type: ScalarType, _ shape: Shape) throws {
        try expectAgreement(Self.engine, relative: type == .bfloat16 ? 4e-3 : 1e-5) { backend in
            let x = backend.randomTensor(shape, seed: 1, type: type, precision: .bfloat16)
            let dy = backend.randomTensor([shape[0], shape[3]], seed: 2, type: type, precision: .bfloat16)
            return [backend.globalMeanPool(x), backend.globalMeanPoolGradient(dy, shape: shape)]
        }
    }

    @Test(arguments: types, [Shape([4, 5, 5, 3]), [9, 4], [16, 12, 12, 33]])
    func batchNorm(_ type: ScalarType, _ shape: Shape) throws {
        try expectAgreement(Self.engine, relative: type == .bfloat16 ? 4e-3 : 1e-5) { backend in
            let x = backend.randomTensor(shape, seed: 1, shift: 0.5, type: type, precision: .bfloat16)
            let dy = backend.randomTensor(shape, seed: 2, type: type, precision: .bfloat16)
            let gamma = backend.randomTensor([shape.last], seed: 3)
            let (mean, variance) = backend.moments(x)
            let inverse = backend.map(.inverseSquareRoot, backend.affine(variance, scale: 1, shift: 1e-3))
            let sums = backend.batchNormSums(dy, x: x, mean: mean, inverseDeviation: inverse)
            let dx = backend.batchNormGradient(
                dy, x: x, mean: mean, inverseDeviation: inverse, gamma: gamma, sums: sums,
                count: shape.count / shape.last)
            return [dx, sums]
        }
    }
}
