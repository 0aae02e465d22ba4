import Tensors
import TestSupport
import Testing

/// The reference's forward kernels on examples small enough to work out by hand.
@Suite("Reference by hand")
struct ReferenceExampleTests {
    let backend = ReferenceBackend()

    private func tensor(_ values: [Double], _ shape: Shape) -> Tensor {
        backend.tensor(values, shape, .float64)
    }

    @Test func convolutionIsCorrelationWithPadding() {
        let x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
        let w = tensor([0, 0, 0, 0, 1, 10, 0, 0, 100], [3, 3, 1, 1])
        let y = backend.convolution(
            x, w, bias: tensor([-600], [1]), ConvolutionGeometry(stride: 2, padding: 1), slope: 0.5,
            output: .float64)
        // Positions (0,0), (0,2), (2,0), (2,2): 1 + 20 + 500, 3, 7 + 80, 9, less 600, halved when negative.
        #expect(backend.doubles(y) == [-39.5, -298.5, -256.5, -295.5])
    }

    @Test func squeezeOrdersChannelsByColourThenRowThenColumn() {
        let x = tensor((0..<8).map(Double.init), [1, 2, 2, 2])
        let y = backend.squeeze(x)
        #expect(y.shape == [1, 1, 1, 8])
        #expect(backend.doubles(y) == [0, 2, 4, 6, 1, 3, 5, 7])
        #expect(backend.doubles(backend.unsqueeze(y)) == backend.doubles(x))
    }

    @Test func matrixProducts() {
        let a = tensor([1, 2, 3, 4, 5, 6], [2, 3])
        let b = tensor([1, 0, 0, 1, 1, 1], [3, 2])
        let product = backend.matrixProduct(a, b, transposeA: false, transposeB: false)
        #expect(backend.doubles(product) == [4, 5, 10, 11])
        let gram = backend.matrixProduct(a, a, transposeA: false, transposeB: true)
        #expect(backend.doubles(gram) == [14, 32, 32, 77])
        let outer = backend.matrixProduct(a, a, transposeA: true, transposeB: false)
        #expect(outer.shape == [3, 3] && backend.doubles(outer)[1] == 22)
    }

    @Test func sumsAndMoments() {
        let x = tensor([1, 2, 3, 4, 5, 6], [3, 2])
        #expect(backend.doubles(backend.sum(x, .all)) == [21])
        #expect(backend.doubles(backend.sum(x, .rows)) == [3, 7, 11])
        #expect(backend.doubles(backend.sum(x, .channels)) == [9, 12])
        let (mean, variance) = backend.moments(x)
        #expect(backend.doubles(mean) == [3, 4])
        expectClose(backend.doubles(variance), [8.0 / 3, 8.0 / 3], relative: 1e-15)
    }

    @Test func logSumExpOfExtremes() {
        let x = tensor([1000, 1000, -.infinity, -.infinity, -.infinity, 3], [3, 2])
        expectClose(
            backend.doubles(backend.logSumExp(x)), [1000.6931471805599, -.infinity, 3], relative: 1e-15)
    }

    @Test func broadcasts() {
        let x = tensor([1, 2, 3, 4, 5, 6], [3, 2])
        func difference(_ b: [Double], _ broadcast: Broadcast) -> [Double] {
            backend.doubles(backend.combine(.subtract, x, tensor(b, [b.count]), broadcast))
        }
        #expect(difference([1, 1, 1, 1, 1, 1], .elementwise) == [0, 1, 2, 3, 4, 5])
        #expect(difference([1, 2], .channels) == [0, 0, 2, 2, 4, 4])
        #expect(difference([1, 3, 5], .rows) == [0, 1, 0, 1, 0, 1])
        #expect(difference([1], .scalar) == [0, 1, 2, 3, 4, 5])
    }

    @Test func layout() {
        let x = tensor((0..<8).map(Double.init), [1, 2, 2, 2])
        #expect(backend.doubles(backend.channels(x, 1..<2)) == [1, 3, 5, 7])
        let rows = backend.gatherRows(x.reshaped([4, 2]), [3, 0, 3])
        #expect(rows.shape == [3, 2] && backend.doubles(rows) == [6, 7, 0, 1, 6, 7])
        let scattered = backend.zeros([4, 2], .float64)
        backend.scatterRows(rows.rows(0..<2), [2, 1], into: scattered)
        #expect(backend.doubles(scattered) == [0, 0, 0, 1, 6, 7, 0, 0])
        let joined = backend.concatenated(backend.channels(x, 1..<2), x)
        #expect(backend.doubles(joined) == [1, 0, 1, 3, 2, 3, 5, 4, 5, 7, 6, 7])
        #expect(backend.stacked([x, x]).shape == [2, 2, 2, 2])
        let padded = backend.padded(x, 1)
        #expect(padded.shape == [1, 4, 4, 2] && backend.doubles(padded)[10...13] == [0, 1, 2, 3])
        #expect(backend.doubles(backend.cropped(padded, 1)) == backend.doubles(x))
    }

    @Test func uniformIsAffineInTheWordsOfItsStream() {
        let key = RandomKey(seed: 9, purpose: .dequantization, step: 4)
        let words = [key.block(0), key.block(1)].flatMap { [$0.0, $0.1, $0.2, $0.3] }
        let expected = words.prefix(7).map { -1 + 3 * Double($0 >> 8) / 16_777_216 }
        #expect(backend.doubles(backend.uniform([7], from: -1, to: 2, key: key)) == expected)
    }

    @Test func normalNumbersAreNormal() {
        let x = backend.doubles(backend.normal([40_001], key: RandomKey(seed: 1, purpose: .sample)))
        #expect(x.count == 40_001)
        let count = Double(x.count)
        // Standard deviations of the sample's mean, variance, fourth moment and neighbours' product: 0.005, 0.007,
        // 0.05 and 0.005; four of each.
        #expect(abs(x.reduce(0, +) / count) < 0.02)
        #expect(abs(x.reduce(0) { $0 + $1 * $1 } / count - 1) < 0.03)
        #expect(abs(x.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count - 3) < 0.2)
        #expect(abs(zip(x, x.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / count) < 0.02)
    }

    @Test(arguments: [0.2, 0.5])
    func dropoutKeepsTheRightShareAndTheMean(rate: Double) {
        let ones = backend.affine(backend.zeros([20_000], .float64), scale: 0, shift: 1)
        let y = backend.doubles(backend.dropout(ones, rate: rate, key: RandomKey(seed: 2, purpose: .dropout)))
        #expect(Set(y) == [0, 1 / (1 - rate)])
        let kept = Double(y.filter { $0 > 0 }.count) / 20_000
        // sd of the share is at most 0.0035
        #expect(abs(kept - (1 - rate)) < 0.014)
    }

    @Test func composedPLU() {
        let plu = PLU(
            lower: tensor([9, 9, 2, 9], [2, 2]), upper: tensor([9, 3, 9, 9], [2, 2]),
            logDiagonal: tensor([0, 0], [2]), signs: [1, -1], permutation: [1, 0])
        // L = (1 0; 2 1), U = (1 3; 0 −1), L·U = (1 3; 2 5), its rows exchanged
        #expect(backend.doubles(backend.composePLU(plu)) == [2, 5, 1, 3])
    }
}
