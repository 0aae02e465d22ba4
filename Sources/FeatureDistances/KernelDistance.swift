import Tensors

/// The kernel distance of two sets of features, the squared maximum mean discrepancy under k(x, y) = (x·y/D + 1)³, with its
/// standard error: Bińkowski et al., *Demystifying MMD GANs*, ICLR 2018, eq. 4, whose unbiased estimate may be negative.
///
/// The sets are cut into ten disjoint pairs of subsets of at most 1,000. The value is the mean of their estimates, the
/// standard error is that of independent estimates.
public struct KernelDistance: Sendable, Equatable {
    public let value: Double
    public let standardError: Double

    private static let subsets = 10
    private static let largest = 1000
    /// The first rows of either set are compared, so many at most.
    public static let mostRows = subsets * largest

    /// Nil for fewer than 20 rows in either set.
    ///
    /// - Parameters:
    ///   - a: features, real `[N, D]`, in an order that says nothing.
    ///   - b: the others, `[M, D]`.
    ///   - backend: where they lie.
    public init?(_ a: Tensor, _ b: Tensor, _ backend: any Backend) {
        precondition(a.shape.last == b.shape.last, "features of \(a.shape) and \(b.shape)")
        let size = min(min(a.shape.first, b.shape.first) / Self.subsets, Self.largest)
        guard size > 1 else { return nil }
        let estimates = (0..<Self.subsets).map { subset in
            let rows = subset * size..<(subset + 1) * size
            return Self.estimate(a.rows(rows), b.rows(rows), backend)
        }
        let mean = estimates.reduce(0, +) / Double(Self.subsets)
        let variance =
            estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Self.subsets - 1)
        (value, standardError) = (mean, (variance / Double(Self.subsets)).squareRoot())
    }

    /// Σ_{i≠j} k(aᵢ, aⱼ)/n(n − 1) + Σ_{i≠j} k(bᵢ, bⱼ)/n(n − 1) − 2 Σ k(aᵢ, bⱼ)/n².
    private static func estimate(_ a: Tensor, _ b: Tensor, _ backend: any Backend) -> Double {
        let n = Double(a.shape.first)
        let (a, b) = (backend.cast(a, to: .float64), backend.cast(b, to: .float64))
        func kernel(_ x: Tensor, _ y: Tensor) -> [Double] {
            let products = backend.matrixProduct(x, y, transposeA: false, transposeB: true)
            return backend.doubles(products).map {
                let base = $0 / Double(a.shape.last) + 1
                return base * base * base
            }
        }
        func within(_ x: Tensor) -> Double {
            let values = kernel(x, x)
            let diagonal = (0..<x.shape.first).reduce(0) { $0 + values[$1 * (x.shape.first + 1)] }
            return (values.reduce(0, +) - diagonal) / (n * (n - 1))
        }
        return within(a) + within(b) - 2 * kernel(a, b).reduce(0, +) / (n * n)
    }
}
