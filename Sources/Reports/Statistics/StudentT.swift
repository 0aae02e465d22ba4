import Foundation

/// Student's t distribution.
public struct StudentT: Sendable {
    public let degreesOfFreedom: Double

    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0)
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// P(T <= t).
    public func cumulative(_ t: Double) -> Double {
        let nu = degreesOfFreedom
        let tail = 0.5 * regularizedIncompleteBeta(nu / (nu + t * t), nu / 2, 0.5)
        return t > 0 ? 1 - tail : tail
    }

    /// The t with P(T <= t) = p, for p in (0, 1), by bisection to the last bits.
    public func quantile(_ p: Double) -> Double {
        precondition(p > 0 && p < 1)
        if p < 0.5 { return -quantile(1 - p) }
        var low = 0.0
        var high = 1.0
        while cumulative(high) < p { high *= 2 }
        for _ in 0..<200 where low < high {
            let middle = 0.5 * (low + high)
            guard middle > low, middle < high else { break }
            if cumulative(middle) < p { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}

/// I_x(a, b) by the continued fraction of DLMF 8.17.22, evaluated with Lentz's method.
func regularizedIncompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges quickly only below the mean.
    if x > (a + 1) / (a + b + 2) { return 1 - regularizedIncompleteBeta(1 - x, b, a) }
    let logFront = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return exp(logFront) / a / betaFraction(x, a, b)
}

/// 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func nonzero(_ v: Double) -> Double { abs(v) < tiny ? tiny : v }
    var value = 1.0
    var c = 1.0
    var d = 0.0
    for n in 1...500 {
        let m = Double(n / 2)
        let numerator =
            n.isMultiple(of: 2)
            ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / nonzero(1 + numerator * d)
        c = nonzero(1 + numerator / c)
        value *= c * d
        if abs(c * d - 1) < 1e-16 { break }
    }
    return value
}
