import CKernels
import COpenBLAS

extension CPUBackend {
    public func gaussianLogDensity(_ z: Tensor, mean: Tensor, logDeviation: Tensor) -> Tensor {
        let size = z.shape.rowCount
        let (strideMean, strideLog) = (rowStride(mean, z), rowStride(logDeviation, z))
        let y = allocate([z.shape.first], .float64)
        forRows(z) { row in
            y.doubles[row] = fc_gaussian(
                z.code, z.bytes(at: row * size), mean.bytes(at: row * strideMean),
                logDeviation.bytes(at: row * strideLog), size)
        }
        return y
    }

    public func gaussianLogDensityGradient(_ dy: Tensor, _ z: Tensor, mean: Tensor, logDeviation: Tensor) -> (
        dz: Tensor, dmean: Tensor, dlogDeviation: Tensor
    ) {
        precondition(dy.count == z.shape.first, "gradient \(dy.shape) of the densities of \(z.shape)")
        let size = z.shape.rowCount
        let (strideMean, strideLog) = (rowStride(mean, z), rowStride(logDeviation, z))
        let (dz, dmean, dlog) = (allocateLike(z), allocateLike(z), allocateLike(z))
        forRows(z) { row in
            let at = row * size
            fc_gaussian_gradient(
                z.code, dy.doubles[row], z.bytes(at: at), mean.bytes(at: row * strideMean),
                logDeviation.bytes(at: row * strideLog), dz.bytes(at: at), dmean.bytes(at: at),
                dlog.bytes(at: at),
                size)
        }
        return (dz, collected(dmean, as: mean), collected(dlog, as: logDeviation))
    }

    /// Elements from one row's parameters to the next row's: 0 where all rows share them.
    private func rowStride(_ parameter: Tensor, _ z: Tensor) -> Int {
        precondition(
            parameter.type == z.type && (parameter.count == z.count || parameter.count == z.shape.rowCount),
            "parameter \(parameter.type) \(parameter.shape) of \(z.type) \(z.shape)")
        return parameter.count == z.count ? z.shape.rowCount : 0
    }

    /// A gradient per row, summed over the rows where they share the parameter.
    private func collected(_ gradient: Tensor, as parameter: Tensor) -> Tensor {
        if gradient.count == parameter.count { return gradient.reshaped(parameter.shape) }
        return sum(gradient.reshaped([gradient.shape.first, parameter.count]), .channels).reshaped(
            parameter.shape)
    }

    private func forRows(_ z: Tensor, _ body: (Int) -> Void) {
        let grain = max(1, ThreadPolicy.grain / 4 / max(z.shape.rowCount, 1))
        policy.forRanges(z.shape.first, grain: grain) { range in
            for row in range { body(row) }
        }
    }

    public func composePLU(_ plu: PLU) -> Tensor {
        let factors = Factors(plu)
        let n = factors.n
        let product = factors.product(factors.lower, factors.upper)
        var w = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0..<n { w[i * n + j] = product[plu.permutation[i] * n + j] }
        }
        return tensor(w, [n, n], plu.lower.type)
    }

    public func composePLUGradient(_ dw: Tensor, _ plu: PLU) -> (
        lower: Tensor, upper: Tensor, logDiagonal: Tensor
    ) {
        let factors = Factors(plu)
        let n = factors.n
        precondition(dw.shape == [n, n], "gradient \(dw.shape) of a matrix of \(n)")
        let gradient = doubles(dw)
        // The gradient of L·U, its rows put back.
        var inner = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0..<n { inner[plu.permutation[i] * n + j] += gradient[i * n + j] }
        }
        var lower = factors.product(inner, factors.upper, transposeB: true)
        var upper = factors.product(factors.lower, inner, transposeA: true)
        let diagonal = (0..<n).map { upper[$0 * n + $0] * factors.upper[$0 * n + $0] }
        for i in 0..<n {
            for j in i..<n { lower[i * n + j] = 0 }
            for j in 0...i { upper[i * n + j] = 0 }
        }
        let type = dw.type
        return (
            tensor(lower, [n, n], type), tensor(upper, [n, n], type),
            tensor(diagonal, plu.logDiagonal.shape, type)
        )
    }
}

/// L and U + diag(sign·exp(logDiagonal)) as whole float64 matrices.
private struct Factors {
    let n: Int
    let lower, upper: [Double]
}

extension Factors {
    init(_ plu: PLU) {
        let n = plu.permutation.count
        precondition(
            plu.lower.shape == [n, n] && plu.upper.shape == [n, n] && plu.logDiagonal.count == n
                && plu.signs.count == n, "PLU factors of unequal extents")
        var (lower, upper) = (Self.values(plu.lower), Self.values(plu.upper))
        let diagonal = Self.exponentials(plu.logDiagonal)
        for i in 0..<n {
            for j in 0..<i { upper[i * n + j] = 0 }
            for j in i..<n { lower[i * n + j] = i == j ? 1 : 0 }
            upper[i * n + i] = Double(plu.signs[i]) * diagonal[i]
        }
        self.init(n: n, lower: lower, upper: upper)
    }

    private static func values(_ x: Tensor) -> [Double] {
        [Double](unsafeUninitializedCapacity: x.count) { buffer, count in
            if let base = buffer.baseAddress { fc_cast(x.code, x.bytes, FC_F64, base, x.count) }
            count = x.count
        }
    }

    private static func exponentials(_ x: Tensor) -> [Double] {
        let logs = values(x)
        return [Double](unsafeUninitializedCapacity: logs.count) { buffer, count in
            if let base = buffer.baseAddress { fc_map(FC_F64, FC_EXP, logs, base, logs.count) }
            count = logs.count
        }
    }

    func product(_ a: [Double], _ b: [Double], transposeA: Bool = false, transposeB: Bool = false) -> [Double]
    {
        let extent = Int32(n)
        return [Double](unsafeUninitializedCapacity: n * n) { buffer, count in
            fc_dgemm(
                transposeA ? 1 : 0, transposeB ? 1 : 0, extent, extent, extent, a, extent, b, extent, 0,
                buffer.baseAddress, extent)
            count = n * n
        }
    }
}
