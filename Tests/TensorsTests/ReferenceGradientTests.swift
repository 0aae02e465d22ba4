import RealModule
import Tensors
import TestSupport
import Testing

/// The reference's gradient kernels against central differences of its forward kernels, in float64.
@Suite("Reference gradients")
struct ReferenceGradientTests {
    let backend = ReferenceBackend()

    /// Σ weights · x, the scalar through which gradients are read.
    private func pairing(_ x: Tensor, _ weights: Tensor) -> Double {
        zip(backend.doubles(x), backend.doubles(weights)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test(arguments: ConvolutionCase.all)
    func convolution(_ test: ConvolutionCase) {
        let x = backend.randomTensor(test.x, seed: 1)
        let w = backend.randomTensor(test.weights, seed: 2)
        let b = backend.randomTensor([test.weights[3]], seed: 3)
        func forward(_ x: Tensor, _ w: Tensor, _ b: Tensor) -> Tensor {
            backend.convolution(x, w, bias: b, test.geometry, slope: 0.2, output: .float64)
        }
        let y = forward(x, w, b)
        let dy = backend.randomTensor(y.shape, seed: 4)
        let (dz, db) = backend.activationGradient(dy, y, slope: 0.2, wantsBias: true)
        let dx = backend.convolutionInputGradient(dz, w, test.geometry, shape: x.shape)
        let dw = backend.convolutionWeightGradient(x, dz, test.geometry, shape: w.shape)
        // A small step: leaky ReLU has kinks, and none should lie within it.
        expectGradients(
            [dx, dw, db!], of: { pairing(forward($0[0], $0[1], $0[2]), dy) }, at: [x, w, b], on: backend,
            step: 1e-7, relative: 1e-6, "\(test)")
    }

    @Test(arguments: ElementFunction.allCases)
    func elementFunctions(_ function: ElementFunction) {
        // Away from 0, the kink of ReLU and the pole of 1/x; positive where the domain asks for it.
        let positive: Set<ElementFunction> = [.log, .inverseSquareRoot, .squareRoot]
        let values = normalValues(40, seed: 5).map { x in
            let distant = 0.1 + abs(x)
            return positive.contains(function) || x > 0 ? distant : -distant
        }
        let x = backend.tensor(values, [40], .float64)
        let dy = backend.randomTensor([40], seed: 6)
        let dx = backend.mapGradient(function, x: x, y: backend.map(function, x), dy: dy)
        expectGradients(
            [dx], of: { pairing(backend.map(function, $0[0]), dy) }, at: [x], on: backend, function.rawValue)
    }

    @Test func elementFunctionsAtTheirExtremes() {
        let x = backend.tensor([-800, 0, 800] as [Double], [3], .float64)
        #expect(backend.doubles(backend.map(.softplus, x)) == [0, .log(2), 800])
        #expect(backend.doubles(backend.map(.sigmoid, x)) == [0, 0.5, 1])
        #expect(backend.doubles(backend.map(.relu, x)) == [0, 0, 800])
    }

    @Test(arguments: [Shape([3, 3, 2, 4]), Shape([5, 1]), Shape([1, 1, 3, 1])])
    func weightNorm(shape: Shape) {
        let v = backend.randomTensor(shape, seed: 1)
        let g = backend.randomTensor([shape.last], seed: 2)
        let dw = backend.randomTensor(shape, seed: 3)
        let (weights, norms) = backend.weightNorm(v, g)
        let lengths = backend.doubles(backend.sum(backend.map(.square, weights), .channels))
        expectClose(
            lengths.map { $0.squareRoot() }, backend.doubles(g).map(abs), relative: 1e-12, "‖w‖ = |g|")
        let (dv, dg) = backend.weightNormGradient(dw, v, g, norms: norms)
        expectGradients(
            [dv, dg], of: { pairing(backend.weightNorm($0[0], $0[1]).weights, dw) }, at: [v, g], on: backend)
    }

    @Test(arguments: [Shape([2, 4, 6, 3]), Shape([1, 2, 2, 1]), Shape([3, 5, 7, 2])])
    func pools(shape: Shape) {
        let x = backend.randomTensor(shape, seed: 1)
        let pooled = backend.randomTensor([shape[0], shape[3]], seed: 2)
        let (largest, winners) = backend.globalMaxPool(x)
        #expect(largest.shape == pooled.shape && winners.type == .int32)
        expectGradients(
            [backend.globalMaxPoolGradient(pooled, winners: winners, shape: shape)],
            of: { pairing(backend.globalMaxPool($0[0]).y, pooled) }, at: [x], on: backend, "global max")
        expectGradients(
            [backend.globalMeanPoolGradient(pooled, shape: shape)],
            of: { pairing(backend.globalMeanPool($0[0]), pooled) }, at: [x], on: backend, "global mean")
        let (y, places) = backend.maxPool(x)
        #expect(y.shape == [shape[0], shape[1] / 2, shape[2] / 2, shape[3]])
        let dy = backend.randomTensor(y.shape, seed: 3)
        expectGradients(
            [backend.maxPoolGradient(dy, winners: places, shape: shape)],
            of: { pairing(backend.maxPool($0[0]).y, dy) }, at: [x], on: backend, "2×2 max")
    }

    @Test(arguments: [Shape([4, 3, 3, 2]), Shape([7, 3])])
    func batchNorm(shape: Shape) {
        let x = backend.randomTensor(shape, seed: 1, scale: 2, shift: 0.5)
        let gamma = backend.randomTensor([shape.last], seed: 2)
        let beta = backend.randomTensor([shape.last], seed: 3)
        let dy = backend.randomTensor(shape, seed: 4)
        func statistics(_ x: Tensor) -> (mean: Tensor, inverseDeviation: Tensor) {
            let (mean, variance) = backend.moments(x)
            let shifted = backend.affine(variance, scale: 1, shift: 1e-3)
            return (mean, backend.map(.inverseSquareRoot, shifted))
        }
        func forward(_ x: Tensor, _ gamma: Tensor, _ beta: Tensor) -> Tensor {
            let (mean, inverseDeviation) = statistics(x)
            let centred = backend.combine(.subtract, x, mean, .channels)
            let gain = backend.combine(.multiply, gamma, inverseDeviation, .elementwise)
            return backend.combine(
                .add, backend.combine(.multiply, centred, gain, .channels), beta, .channels)
        }
        let (mean, inverseDeviation) = statistics(x)
        let sums = backend.batchNormSums(dy, x: x, mean: mean, inverseDeviation: inverseDeviation)
        let dx = backend.batchNormGradient(
            dy, x: x, mean: mean, inverseDeviation: inverseDeviation, gamma: gamma, sums: sums,
            count: shape.count / shape.last)
        func ofAll(_ row: Int) -> Tensor { sums.rows(row..<row + 1).reshaped([shape.last]) }
        expectGradients(
            [dx, ofAll(0), ofAll(1)],
            of: { pairing(forward($0[0], $0[1], $0[2]), dy) }, at: [x, gamma, beta], on: backend)
    }

    @Test(arguments: [true, false])
    func gaussianLogDensity(sharedByAllRows: Bool) {
        let shape: Shape = [3, 2, 2, 2]
        let parameters: Shape = sharedByAllRows ? [2, 2, 2] : shape
        let points = [
            backend.randomTensor(shape, seed: 1), backend.randomTensor(parameters, seed: 2),
            backend.randomTensor(parameters, seed: 3, scale: 0.5),
        ]
        func density(_ x: [Tensor]) -> Tensor {
            backend.gaussianLogDensity(x[0], mean: x[1], logDeviation: x[2])
        }
        let dy = backend.randomTensor([3], seed: 4)
        let gradient = backend.gaussianLogDensityGradient(
            dy, points[0], mean: points[1], logDeviation: points[2])
        expectGradients(
            [gradient.dz, gradient.dmean, gradient.dlogDeviation], of: { pairing(density($0), dy) },
            at: points,
            on: backend)
    }

    @Test func gaussianLogDensityIntegratesToOne() {
        let z = backend.tensor((0..<4000).map { -8 + 0.005 * Double($0) }, [4000, 1], .float64)
        let mean = backend.tensor([1.5] as [Double], [1], .float64)
        let deviation = backend.tensor([0.3] as [Double], [1], .float64)
        let density = backend.map(.exp, backend.gaussianLogDensity(z, mean: mean, logDeviation: deviation))
        #expect(abs(0.005 * backend.scalar(backend.sum(density, .all)) - 1) < 1e-9)
    }

    @Test(arguments: [1, 2, 5])
    func plu(extent: Int) {
        let points = [
            backend.randomTensor([extent, extent], seed: 1), backend.randomTensor([extent, extent], seed: 2),
            backend.randomTensor([extent], seed: 3, scale: 0.3),
        ]
        var stream = RandomStream(RandomKey(seed: 4, purpose: .noise))
        let permutation = stream.permutation(extent)
        let signs = (0..<extent).map { $0 % 2 == 0 ? Float(1) : -1 }
        func plu(_ x: [Tensor]) -> PLU {
            PLU(lower: x[0], upper: x[1], logDiagonal: x[2], signs: signs, permutation: permutation)
        }
        let dw = backend.randomTensor([extent, extent], seed: 5)
        let gradient = backend.composePLUGradient(dw, plu(points))
        expectGradients(
            [gradient.lower, gradient.upper, gradient.logDiagonal],
            of: { pairing(backend.composePLU(plu($0)), dw) }, at: points, on: backend)
    }

    @Test func logDeterminantOfPLUIsTheSumOfItsLogDiagonal() {
        let logDiagonal = backend.randomTensor([6], seed: 3, scale: 0.3)
        let plu = PLU(
            lower: backend.randomTensor([6, 6], seed: 1), upper: backend.randomTensor([6, 6], seed: 2),
            logDiagonal: logDiagonal, signs: [1, -1, 1, 1, -1, 1], permutation: [3, 0, 5, 1, 4, 2])
        let w = backend.composePLU(plu)
        let numeric = numericLogDeterminant(
            of: { x in
                let column = backend.tensor(x, [6, 1], .float64)
                return backend.doubles(
                    backend.matrixProduct(w, column, transposeA: false, transposeB: false))
            }, at: normalValues(6, seed: 9))
        #expect(abs(numeric - backend.doubles(logDiagonal).reduce(0, +)) < 1e-8)
        let identity = backend.matrixProduct(w, backend.inverse(w), transposeA: false, transposeB: false)
        expectClose(
            backend.doubles(identity), (0..<36).map { $0 % 7 == 0 ? 1 : 0 }, absolute: 1e-12, "W·W⁻¹")
    }
}
