import Foundation
import System

/// Maps data to picture coordinates and chooses round ticks.
struct Scale {
    let domain: ClosedRange<Double>
    /// Picture coordinates of the domain's ends; `from` may exceed `to`, as on vertical axes.
    let from: Double
    let to: Double
    let isLogarithmic: Bool

    /// The scale of some values, non-finite ones ignored (and non-positive ones on a logarithmic axis); 0...1
    /// (or 1...10) when nothing is left. A constant gets room on both sides.
    init(
        fitting values: some Sequence<Double>, from: Double, to: Double, logarithmic: Bool = false,
        includingZero: Bool = false
    ) {
        let usable = values.filter { $0.isFinite && abs($0) < 1e100 && (!logarithmic || $0 > 1e-100) }
        var low = usable.min() ?? (logarithmic ? 1 : 0)
        var high = usable.max() ?? (logarithmic ? 10 : 1)
        if includingZero, !logarithmic { (low, high) = (min(low, 0), max(high, 0)) }
        if logarithmic {
            if high / low < 1.02 { (low, high) = (low / 1.5, high * 1.5) }
        } else if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9) {
            let room = max(abs(low) * 0.1, 0.5)
            (low, high) = (low - room, high + room)
        }
        self.init(domain: low...high, from: from, to: to, logarithmic: logarithmic)
    }

    init(domain: ClosedRange<Double>, from: Double, to: Double, logarithmic: Bool = false) {
        self.domain = domain
        self.from = from
        self.to = to
        isLogarithmic = logarithmic
    }

    /// The scale in words of the page's script: the domain, the picture coordinates of its ends, 1 if logarithmic.
    var source: String {
        "\(domain.lowerBound) \(domain.upperBound) \(coordinate(from)) \(coordinate(to)) \(isLogarithmic ? 1 : 0)"
    }

    /// The picture coordinate, clamped to the frame; nil for what the axis cannot show.
    func callAsFunction(_ value: Double) -> Double? {
        guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
        let share =
            isLogarithmic
            ? log(value / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
            : (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return from + min(max(share, 0), 1) * (to - from)
    }

    /// About `count` round values: steps of 1, 2 or 5 × 10ⁿ, or powers of ten on a logarithmic axis.
    func ticks(about count: Int = 5) -> [Double] {
        if isLogarithmic {
            let powers = logarithmicTicks(about: count)
            if powers.count >= 2 { return powers }
        }
        let (low, high) = (domain.lowerBound, domain.upperBound)
        let raw = (high - low) / Double(max(count, 1))
        let magnitude = pow(10, floor(log10(raw)))
        let step = ([1, 2, 5].first { $0 * magnitude >= raw * 0.75 } ?? 10) * magnitude
        let first = (low / step - 1e-9).rounded(.up)
        let last = (high / step + 1e-9).rounded(.down)
        guard last >= first, last - first < 100 else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    private func logarithmicTicks(about count: Int) -> [Double] {
        let lowest = (log10(domain.lowerBound) - 1e-9).rounded(.up)
        let highest = (log10(domain.upperBound) + 1e-9).rounded(.down)
        guard highest >= lowest else { return [] }
        let every = max(1, ((highest - lowest) / Double(count)).rounded(.up))
        let powers = stride(from: lowest, through: highest, by: every).map { pow(10, $0) }
        guard highest - lowest < 2 else { return powers }
        let multiples = [lowest - 1, lowest, highest].flatMap { e in [1, 2, 5].map { $0 * pow(10, e) } }
        return Set(multiples).filter { domain.contains($0) }.sorted()
    }
}

/// Labels of ticks with the decimals their spacing needs: "0.25", "−3", "20k", "10⁻³".
func tickLabels(_ ticks: [Double]) -> [String] {
    let largest = ticks.map(abs).max() ?? 0
    let spacing = zip(ticks.dropFirst(), ticks).map { abs($0 - $1) }.min() ?? max(largest, 1)
    if largest >= 1e7 || (largest > 0 && largest < 1e-4) {
        return ticks.map { String(format: "%.2g", $0).replacingOccurrences(of: "-", with: "−") }
    }
    let thousands = largest >= 10_000 && ticks.allSatisfy { abs($0.remainder(dividingBy: 100)) < 1e-6 }
    let unit = thousands ? 1000.0 : 1.0
    let decimals =
        (0..<6).first { digits in
            let shift = pow(10, Double(digits)) / unit
            return ticks.allSatisfy { abs(($0 * shift).rounded() - $0 * shift) < 1e-3 * spacing * shift }
        } ?? 6
    return ticks.map { tick in
        let text = fixed(tick / unit, decimals).replacingOccurrences(of: "-", with: "−")
        return text + (thousands && tick != 0 ? "k" : "")
    }
}

/// A coordinate of a picture, to a hundredth of a unit.
func coordinate(_ value: Double) -> String {
    precondition(value.isFinite, "charts drop non-finite points before they draw")
    let hundredths = (value * 100).rounded() / 100
    return hundredths == hundredths.rounded() && abs(hundredths) < 1e15
        ? String(Int(hundredths)) : String(format: "%.2f", hundredths)
}
