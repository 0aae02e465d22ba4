import System

/// The mean and the noise of a gradient over independent batches at fixed weights.
///
/// The square of the batches' mean is too large by its own noise, so the norm of the mean is taken from the products of
/// different batches, Σ_{b≠b'} g_b·g_b' / (B(B − 1)), which has no bias (a U-statistic; Hoeffding 1948).
public struct GradientMoments: Encodable, Sendable, Equatable {
    /// The squared norm of the mean; it may be negative where the mean is lost in noise.
    public let squaredNorm: Double
    /// Its standard error by the jackknife.
    public let standardError: Double
    /// The norm of the deviation of one batch from the mean: the root of the covariance's trace.
    public let noise: Double

    /// - Parameter gradients: of at least two batches, each `[parameters]`.
    package init(_ gradients: [[Float]]) {
        self.init(GradientProducts(gradients, gradients))
    }

    package init(_ own: GradientProducts) {
        squaredNorm = own.mean
        standardError = own.standardError
        noise = max(0, own.covariance).squareRoot()
    }

    /// The norm of the mean; 0 where ``squaredNorm`` is negative.
    public var norm: Double { max(0, squaredNorm).squareRoot() }

    /// How many batches it takes until the noise of their average is as large as the mean; infinite without a mean.
    public var batchesToMatch: Double { noise * noise / max(0, squaredNorm) }
}

/// The products of two gradients over the same independent batches.
package struct GradientProducts {
    /// The product of the two means, without the bias of what they share within a batch.
    package let mean: Double
    /// The standard error of `mean` by the jackknife over batches.
    package let standardError: Double
    /// The product of the deviations within a batch: the trace of the cross covariance.
    package let covariance: Double

    /// - Parameters:
    ///   - first: gradients of at least two batches, each `[parameters]`.
    ///   - second: other gradients of the same batches.
    package init(_ first: [[Float]], _ second: [[Float]]) {
        precondition(first.count == second.count && first.count > 1)
        let count = Double(first.count)
        let (sumA, sumB) = (Self.sum(first), Self.sum(second))
        let within = zip(first, second).map { zip($0, $1).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        // What a batch has to do with all others, both ways.
        let across = zip(zip(first, second), within).map { pair, own in
            let toB = zip(pair.0, sumB).reduce(0) { $0 + Double($1.0) * $1.1 }
            let toA = zip(pair.1, sumA).reduce(0) { $0 + Double($1.0) * $1.1 }
            return ((toA + toB) / 2 - own) / (count - 1)
        }
        let mean = System.mean(across)
        self.mean = mean
        covariance = System.mean(within) - mean
        let squares = across.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = 2 * (squares / (count - 1) / count).squareRoot()
    }

    private static func sum(_ gradients: [[Float]]) -> [Double] {
        var sum = [Double](repeating: 0, count: gradients[0].count)
        for gradient in gradients {
            for (index, value) in gradient.enumerated() { sum[index] += Double(value) }
        }
        return sum
    }
}
