import Tensors

/// Mean and covariance of features, as of a normal distribution.
public struct FeatureMoments: Sendable {
    /// N.
    public let count: Int
    /// Float64 `[D]`.
    let mean: Tensor
    /// Float64 `[D, D]`, divided by N − 1.
    let covariance: Tensor

    /// - Parameters:
    ///   - features: real `[N, D]`, N at least 2.
    ///   - backend: where they lie.
    public init(_ features: Tensor, _ backend: any Backend) {
        precondition(features.shape.rank == 2 && features.shape.first > 1, "moments of \(features.shape)")
        count = features.shape.first
        let wide = backend.cast(features, to: .float64)
        mean = backend.affine(backend.sum(wide, .channels), scale: 1 / Double(count), shift: 0)
        let centred = backend.combine(
            .add, wide, backend.affine(mean, scale: -1, shift: 0), .channels)
        let squares = backend.matrixProduct(centred, centred, transposeA: true, transposeB: false)
        covariance = backend.affine(squares, scale: 1 / Double(count - 1), shift: 0)
    }
}

/// The Fréchet distance of two normal distributions, |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½): Dowson & Landau, 1982; Heusel et
/// al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*, NIPS 2017, eq. 6.
///
/// The trace of (Σ₁Σ₂)^½ is the sum of the square roots of the eigenvalues of the symmetric Σ₁^½Σ₂Σ₁^½. Those that rounding has
/// made negative count as 0, so covariances need not have full rank.
public func frechetDistance(_ a: FeatureMoments, _ b: FeatureMoments, _ backend: any Backend) -> Double {
    precondition(a.mean.count == b.mean.count, "features of \(a.mean.count) and \(b.mean.count) numbers")
    let width = a.mean.count
    let (values, vectors) = SymmetricEigen.decompose(backend.doubles(a.covariance), width)
    // Σ₁^½ = V·diag(√λ)·Vᵀ, with the eigenvectors as the rows of `vectors`.
    let v = backend.tensor(vectors, [width, width], .float64)
    let roots = backend.tensor(values.map { max($0, 0).squareRoot() }, [width], .float64)
    let root = backend.matrixProduct(
        v, backend.combine(.multiply, v, roots, .rows), transposeA: true, transposeB: false)
    let inner = backend.matrixProduct(
        backend.matrixProduct(root, b.covariance, transposeA: false, transposeB: false), root,
        transposeA: false, transposeB: false)
    let eigenvalues = SymmetricEigen.values(backend.doubles(inner), width)
    let cross = eigenvalues.reduce(0) { $0 + max($1, 0).squareRoot() }
    let (meanA, meanB) = (backend.doubles(a.mean), backend.doubles(b.mean))
    let shift = zip(meanA, meanB).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return shift + trace(a, backend) + trace(b, backend) - 2 * cross
}

private func trace(_ moments: FeatureMoments, _ backend: any Backend) -> Double {
    let (width, values) = (moments.mean.count, backend.doubles(moments.covariance))
    return (0..<width).reduce(0) { $0 + values[$1 * (width + 1)] }
}
