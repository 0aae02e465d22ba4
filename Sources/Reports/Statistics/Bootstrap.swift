import Foundation
import System
import Tensors

/// Compares two classifiers on the same test images by resampling the images.
public struct PairedBootstrap: Equatable, Sendable {
    /// Mean error of A minus mean error of B, in -1...1.
    public let difference: Double
    /// Percentile interval of the difference.
    public let interval: Interval
    public let resamples: Int

    /// Resamples test images with replacement (Efron and Tibshirani, 1993, ch. 13). The runs of a method are
    /// pooled: an image counts with the share of seeds that miss it, so the interval speaks of the drawn
    /// images, not of seeds.
    ///
    /// - Parameters:
    ///   - wrongA: for each seed of A, which images it misses [N].
    ///   - wrongB: the same of B; the number of seeds may differ.
    ///   - seed: draws the resamples.
    ///   - resamples: how many are drawn.
    ///   - confidence: of the interval.
    /// - Throws: `UserError` when a set is empty or the sets differ in their number of images.
    public init(
        _ wrongA: [[Bool]], _ wrongB: [[Bool]], seed: UInt64 = 0, resamples: Int = 10_000,
        confidence: Double = 0.95
    ) throws {
        precondition(resamples > 0 && (0..<1).contains(confidence))
        let images = wrongA.first?.count ?? 0
        guard images > 0, !wrongB.isEmpty, (wrongA + wrongB).allSatisfy({ $0.count == images }) else {
            throw UserError(
                .data, "a paired comparison needs predictions of both methods on the same test images",
                advice: "compare runs on the same test set")
        }
        let groups = Self.groups(wrongA, wrongB)
        difference = groups.reduce(0) { $0 + $1.difference * Double($1.count) } / Double(images)
        var stream = RandomStream(RandomKey(seed: seed, purpose: .bootstrap))
        var draws = (0..<resamples).map { _ in Self.resample(groups, images, &stream) }
        draws.sort()
        let tail = (1 - confidence) / 2
        interval = Interval(lower: sortedQuantile(draws, tail), upper: sortedQuantile(draws, 1 - tail))
        self.resamples = resamples
    }

    /// Images that contribute the same difference; a resample's mean depends only on how many of each it has.
    private typealias Group = (difference: Double, count: Int)

    private static func groups(_ wrongA: [[Bool]], _ wrongB: [[Bool]]) -> [Group] {
        var counts = [[Int]: Int]()
        for image in wrongA[0].indices {
            let missed = [wrongA, wrongB].map { set in set.reduce(0) { $0 + ($1[image] ? 1 : 0) } }
            counts[missed, default: 0] += 1
        }
        return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { missed, count in
            (Double(missed[0]) / Double(wrongA.count) - Double(missed[1]) / Double(wrongB.count), count)
        }
    }

    /// One resample's mean difference: the groups' sizes are multinomial, drawn as a chain of binomials.
    /// Exact, and hundreds of times faster than drawing image by image.
    private static func resample(_ groups: [Group], _ images: Int, _ stream: inout RandomStream) -> Double {
        var left = images
        var unseen = images
        var sum = 0.0
        for group in groups where left > 0 {
            let share = Double(group.count) / Double(unseen)
            let drawn = binomial(left, share, stream.uniform())
            sum += group.difference * Double(drawn)
            left -= drawn
            unseen -= group.count
        }
        return sum / Double(images)
    }
}

/// A draw from Binomial(n, p) from one uniform number, by inversion outwards from the mode: O(√(np(1-p))).
func binomial(_ n: Int, _ p: Double, _ uniform: Double) -> Int {
    if p >= 1 { return n }
    if p <= 0 || n == 0 { return 0 }
    let mode = min(n, Int(Double(n + 1) * p))
    let odds = p / (1 - p)
    let k = Double(mode)
    let total = Double(n)
    let logMode = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1) + k * log(p)
    let atMode = exp(logMode + (total - k) * log1p(-p))
    var remaining = uniform - atMode
    var (low, high) = (mode, mode)
    var (atLow, atHigh) = (atMode, atMode)
    while remaining > 0, low > 0 || high < n {
        if high < n {
            atHigh *= odds * Double(n - high) / Double(high + 1)
            high += 1
            remaining -= atHigh
            if remaining <= 0 { return high }
        }
        if low > 0 {
            atLow *= Double(low) / (odds * Double(n - low + 1))
            low -= 1
            remaining -= atLow
            if remaining <= 0 { return low }
        }
    }
    return mode
}

/// The quantile `p` of ascending values, interpolated linearly as numpy does by default.
func sortedQuantile(_ ascending: [Double], _ p: Double) -> Double {
    let position = p * Double(ascending.count - 1)
    let below = Int(position)
    let above = min(below + 1, ascending.count - 1)
    return ascending[below] + (position - Double(below)) * (ascending[above] - ascending[below])
}
