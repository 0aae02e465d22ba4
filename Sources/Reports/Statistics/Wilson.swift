/// Wilson's score interval of a share (Wilson, 1927): unlike mean ± 2 sd it stays inside 0...1 and holds for few
/// images.
///
/// - Parameters:
///   - share: observed, 0...1.
///   - count: how many were observed.
/// - Returns: bounds in 0...1; nil without observations or for a share that is none.
public func wilsonInterval(share: Double, count: Int) -> Interval? {
    guard count > 0, (0...1).contains(share) else { return nil }
    let z = normalQuantile
    let n = Double(count)
    let center = share + z * z / (2 * n)
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return Interval(lower: max(0, (center - half) / scale), upper: min(1, (center + half) / scale))
}

/// The standard normal distribution's quantile of a 95 % interval.
let normalQuantile = 1.959963984540054
