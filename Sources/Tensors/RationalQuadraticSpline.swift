/// A monotone rational-quadratic spline of the interval (−B, B), and the identity outside. Durkan et al., *Neural Spline
/// Flows*, 2019, section 3.1.
///
/// K bins are told by P = 3K − 1 raw numbers: K widths and K heights, shares of 2B by softmax, of which none is below 10⁻³,
/// and the slopes at K − 1 inner knots, 10⁻³ + softplus(· + s), the constant s such that a raw 0 is a slope of 1. The slope
/// at −B and B is 1. All zeros are the identity.
public struct RationalQuadraticSpline: Hashable, Sendable {
    /// K, at most 64.
    public let bins: Int
    /// B.
    public let bound: Double

    public init(bins: Int, bound: Double) {
        precondition((1...64).contains(bins) && bound > 0, "a spline of \(bins) bins on ±\(bound)")
        self.bins = bins
        self.bound = bound
    }

    /// P.
    public var parameters: Int { 3 * bins - 1 }
    /// The least share of a bin, and the least slope.
    public static let smallest = 1e-3
}
