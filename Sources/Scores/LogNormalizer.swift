import Glibc
import System

/// log Z of an energy, Z = ∫ p(x) dx with p as c normalises it, by importance sampling with the flow as proposal:
/// Z ≈ mean exp(log p(x) − log q(x)) over x ~ q.
///
/// Where p has mass that q does not reach, few samples carry the sum: the effective sample size is small, and the
/// estimate too low.
public struct LogNormalizer: Codable, Sendable, Equatable {
    /// Nats.
    public var estimate: Double
    /// (Σw)²/Σw² of the weights w = exp(log p − log q): 1 where one sample has all the weight, `samples` where p = q.
    public var effectiveSampleSize: Double
    public var samples: Int

    public init(estimate: Double, effectiveSampleSize: Double, samples: Int) {
        self.estimate = estimate
        self.effectiveSampleSize = effectiveSampleSize
        self.samples = samples
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        estimate = try container.number(.estimate)
        effectiveSampleSize = try container.number(.effectiveSampleSize)
        samples = try container.decode(Int.self, forKey: .samples)
    }

    /// - Parameter logRatios: log p(x) − log q(x) in nats of samples of the flow; nil without a finite one.
    package init?(logRatios: [Double]) {
        guard let largest = logRatios.max(), largest.isFinite else { return nil }
        let weights = logRatios.map { exp($0 - largest) }
        let (sum, squares) = (weights.reduce(0, +), weights.reduce(0) { $0 + $1 * $1 })
        self.init(
            estimate: largest + log(sum / Double(logRatios.count)), effectiveSampleSize: sum * sum / squares,
            samples: logRatios.count)
    }

    /// The effective sample size as a share of the samples, 0...1.
    public var effectiveShare: Double { effectiveSampleSize / Double(samples) }
    /// Whether so few samples carry the estimate that it says little.
    public var isUnreliable: Bool { effectiveShare < Self.reliableShare }
    /// An estimate with a smaller effective share is not relied on.
    public static let reliableShare = 0.1
}
