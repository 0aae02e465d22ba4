import System

/// Mean and sample standard deviation of a figure over seeds.
public struct Summary: Equatable, Sendable {
    public let count: Int
    public let mean: Double
    /// The standard deviation with n - 1 in the denominator; nil for fewer than two values.
    public let standardDeviation: Double?

    public init(_ values: [Double]) {
        let average = System.mean(values)
        count = values.count
        mean = average
        let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        standardDeviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }

    /// The summary of `values` where all of them are known; nil otherwise, and for none.
    init?(ofAll values: [Double?]) {
        let known = values.compactMap(\.self)
        guard known.count == values.count, !known.isEmpty else { return nil }
        self.init(known)
    }

    /// Student's interval of (mean - `reference`), the reference taken as exact: papers seldom print how many
    /// runs stand behind their spread. Nil for fewer than two values.
    public func differenceInterval(from reference: Double, confidence: Double = 0.95) -> Interval? {
        guard let standardDeviation else { return nil }
        let quantile = StudentT(degreesOfFreedom: Double(count - 1)).quantile(0.5 + confidence / 2)
        let half = quantile * standardDeviation / Double(count).squareRoot()
        return Interval(lower: mean - reference - half, upper: mean - reference + half)
    }
}

/// A closed interval of an estimated difference.
public struct Interval: Equatable, Sendable, Codable {
    public let lower: Double
    public let upper: Double

    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether the difference is distinguishable from none.
    public var excludesZero: Bool { lower > 0 || upper < 0 }
}

/// Mean ± sample standard deviation over seeds; an en dash where there is none.
func meanAndDeviation(_ summary: Summary?, _ digits: Int) -> String {
    let spread = summary?.standardDeviation.map { " ± " + fixed($0, digits) } ?? ""
    return fixed(summary?.mean, digits) + spread
}

/// The same of `values`; an en dash unless every seed has the figure.
func meanAndDeviation(_ values: [Double?], _ digits: Int) -> String {
    meanAndDeviation(Summary(ofAll: values), digits)
}
