import COpenBLAS

/// Eigenvalues and eigenvectors of a symmetric matrix, in float64 on the host, by LAPACK's divide and conquer. A matrix
/// without them, which has entries that are not finite, gives NaN.
public enum SymmetricEigen {
    /// The eigenvalues, rising, and the eigenvectors of norm 1, one a row, of `matrix` `[n, n]`.
    public static func decompose(_ matrix: [Double], _ n: Int) -> (values: [Double], vectors: [Double]) {
        solved(matrix, n, wantsVectors: true)
    }

    /// The eigenvalues of `matrix` `[n, n]`, rising.
    public static func values(_ matrix: [Double], _ n: Int) -> [Double] {
        solved(matrix, n, wantsVectors: false).values
    }

    private static func solved(_ matrix: [Double], _ n: Int, wantsVectors: Bool) -> (
        values: [Double], vectors: [Double]
    ) {
        precondition(matrix.count == n * n && n > 0, "\(matrix.count) entries of \(n)x\(n)")
        var message: UnsafePointer<CChar>?
        var (vectors, values) = (matrix, [Double](repeating: 0, count: n))
        let isFinite = matrix.allSatisfy(\.isFinite)
        guard isFinite, fc_blas_load(&message) == 0,
            fc_symmetric_eigen(wantsVectors ? 1 : 0, Int32(n), &vectors, &values) == 0
        else {
            let nan = [Double](repeating: .nan, count: n * n)
            return (Array(nan.prefix(n)), nan)
        }
        return (values, vectors)
    }
}
