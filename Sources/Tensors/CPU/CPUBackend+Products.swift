import CKernels
import COpenBLAS

extension CPUBackend {
    /// Multiplications under which a product stays on the calling thread: oneDNN at 64³ is twice as slow on
    /// two threads as on one.
    private static let parallelWork = 1 << 20
    /// Rows of one task of OpenBLAS.
    private static let productRows = 128

    public func matrixProduct(_ a: Tensor, _ b: Tensor, transposeA: Bool, transposeB: Bool) -> Tensor {
        precondition(
            a.shape.rank == 2 && b.shape.rank == 2 && a.type == b.type, "product of \(a.shape), \(b.shape)")
        let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
        let (inner, n) = transposeB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
        precondition(k == inner, "product of \(a.shape), \(b.shape): inner extents \(k) and \(inner)")
        let c = allocate([m, n], a.type)
        guard k > 0 else {
            fill(c, with: 0)
            return c
        }
        let product = MatrixProduct(
            a: a, b: b, c: c, transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k)
        if m * n * k < Self.parallelWork {
            if m > 0 && n > 0 { policy.forEach(1) { _ in product.rows(0..<m) } }
        } else if let oneDNN, a.type != .float64 {
            self.product(a, b, transposeA: transposeA, transposeB: transposeB, into: c, oneDNN)
        } else {
            policy.forRanges(m, grain: Self.productRows, product.rows)
        }
        return c
    }

    public func inverse(_ matrix: Tensor) -> Tensor {
        let n = matrix.shape.first
        precondition(matrix.shape == [n, n], "inverse of \(matrix.shape)")
        var values = doubles(matrix)
        var work = [Double](repeating: 0, count: n * n)
        var pivots = [Int32](repeating: 0, count: n)
        // A singular matrix has no inverse: NaN, which a run's checks report with its place.
        if fc_invert(Int32(n), &values, &pivots, &work) != 0 {
            values = [Double](repeating: .nan, count: n * n)
        }
        return tensor(values, matrix.shape, matrix.type)
    }
}

/// One product by OpenBLAS on the calling thread.
private struct MatrixProduct {
    let a, b, c: Tensor
    let transposeA, transposeB: Bool
    let m, n, k: Int

    /// Rows `range` of the result.
    func rows(_ range: Range<Int>) {
        let (lda, ldb) = (Int32(transposeA ? m : k), Int32(transposeB ? k : n))
        let (flagA, flagB) = (Int32(transposeA ? 1 : 0), Int32(transposeB ? 1 : 0))
        let (from, to) = (range.lowerBound * (transposeA ? 1 : k), range.lowerBound * n)
        let (rows, columns, inner) = (Int32(range.count), Int32(n), Int32(k))
        if c.type == .float64 {
            fc_dgemm(
                flagA, flagB, rows, columns, inner, a.doubles + from, lda, b.doubles, ldb, 0, c.doubles + to,
                columns)
        } else {
            fc_sgemm(
                flagA, flagB, rows, columns, inner, a.floats + from, lda, b.floats, ldb, 0, c.floats + to,
                columns)
        }
    }
}
