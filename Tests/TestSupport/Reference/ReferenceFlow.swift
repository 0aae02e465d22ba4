import RealModule
import Tensors

extension ReferenceBackend {
    public func gaussianLogDensity(_ z: Tensor, mean: Tensor, logDeviation: Tensor) -> Tensor {
        let values = standardised(z, mean, logDeviation).map { u, s in
            -0.5 * (.log(2 * .pi) + u * u) - s
        }
        return sum(tensor(values, z.shape, .float64), .rows)
    }

    public func gaussianLogDensityGradient(_ dy: Tensor, _ z: Tensor, mean: Tensor, logDeviation: Tensor) -> (
        dz: Tensor, dmean: Tensor, dlogDeviation: Tensor
    ) {
        let dy = doubles(dy)
        var dz: [Double] = []
        var dmean = [Double](repeating: 0, count: mean.count)
        var dlogDeviation = [Double](repeating: 0, count: logDeviation.count)
        for (i, (u, s)) in standardised(z, mean, logDeviation).enumerated() {
            let weight = dy[i / z.shape.rowCount]
            dz.append(-weight * u * .exp(-s))
            dmean[i % mean.count] += weight * u * .exp(-s)
            dlogDeviation[i % logDeviation.count] += weight * (u * u - 1)
        }
        return (
            tensor(dz, z.shape, .float64), tensor(dmean, mean.shape, .float64),
            tensor(dlogDeviation, logDeviation.shape, .float64)
        )
    }

    /// (z − mean)/SD and log SD of every element; mean and log SD repeat when they are given for one row.
    private func standardised(_ z: Tensor, _ mean: Tensor, _ logDeviation: Tensor) -> [(u: Double, s: Double)]
    {
        let (mean, logDeviation) = (doubles(mean), doubles(logDeviation))
        for count in [mean.count, logDeviation.count] {
            precondition(count == z.count || count == z.shape.rowCount, "\(count) Gaussians for \(z.shape)")
        }
        return doubles(z).enumerated().map { i, z in
            let s = logDeviation[i % logDeviation.count]
            return ((z - mean[i % mean.count]) * .exp(-s), s)
        }
    }

    public func composePLU(_ plu: PLU) -> Tensor {
        let (lower, upper) = factors(plu)
        return tensor(permuted(lower * upper, plu.permutation))
    }

    public func composePLUGradient(_ dw: Tensor, _ plu: PLU) -> (
        lower: Tensor, upper: Tensor, logDiagonal: Tensor
    ) {
        // dA = Pᵀ·dW, dL = dA·Uᵀ, dU = Lᵀ·dA, each restricted to its free entries.
        let (lower, upper) = factors(plu)
        var inverse = plu.permutation
        for (i, source) in plu.permutation.enumerated() { inverse[source] = i }
        let da = permuted(matrix(dw), inverse)
        var dlower = da * upper.transposed
        var dupper = lower.transposed * da
        let ddiagonal = (0..<da.rows).map { dupper[$0, $0] * upper[$0, $0] }
        for i in 0..<da.rows {
            for j in 0..<da.rows {
                if j >= i { dlower[i, j] = 0 }
                if j <= i { dupper[i, j] = 0 }
            }
        }
        return (tensor(dlower), tensor(dupper), vector(ddiagonal))
    }

    /// L with its unit diagonal and U with its signed one.
    private func factors(_ plu: PLU) -> (lower: Matrix, upper: Matrix) {
        var (lower, upper) = (matrix(plu.lower), matrix(plu.upper))
        let logDiagonal = doubles(plu.logDiagonal)
        for i in 0..<lower.rows {
            for j in 0..<lower.rows {
                if j > i { lower[i, j] = 0 }
                if j < i { upper[i, j] = 0 }
            }
            lower[i, i] = 1
            upper[i, i] = Double(plu.signs[i]) * .exp(logDiagonal[i])
        }
        return (lower, upper)
    }

    /// Row i of the result is row `permutation[i]` of `a`.
    private func permuted(_ a: Matrix, _ permutation: [Int]) -> Matrix {
        var result = a
        for i in 0..<a.rows { for j in 0..<a.columns { result[i, j] = a[permutation[i], j] } }
        return result
    }

    public func inverse(_ matrix: Tensor) -> Tensor { tensor(self.matrix(matrix).inverse) }
}
