import Foundation

/// A number with `digits` decimals, without locale; an en dash where there is none.
func fixed(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return "–" }
    let text = String(format: "%.\(digits)f", value)
    // Not "-0.00".
    return text.hasPrefix("-") && !text.contains { "123456789".contains($0) }
        ? String(text.dropFirst()) : text
}

/// A signed difference: "+0.52", "−0.31".
func signed(_ value: Double?, _ digits: Int) -> String {
    let text = fixed(value, digits)
    if text.hasPrefix("-") { return "−" + text.dropFirst() }
    return text == "–" ? text : "+" + text
}

/// An error rate in 0...1 as percent.
func percent(_ rate: Double?, _ digits: Int = 2) -> String { fixed(rate.map { 100 * $0 }, digits) }

/// Mean ± sample sd over seeds; an en dash unless every seed has the figure.
func meanAndDeviation(_ values: [Double?], _ digits: Int) -> String {
    let known = values.compactMap(\.self)
    guard known.count == values.count, !known.isEmpty else { return fixed(nil, digits) }
    let summary = Summary(known)
    let spread = summary.standardDeviation.map { " ± " + fixed($0, digits) } ?? ""
    return fixed(summary.mean, digits) + spread
}

/// An integer in groups of three digits, with narrow spaces that do not break a line.
func grouped(_ value: Int) -> String {
    var text = String(value.magnitude)
    var position = text.count - 3
    while position > 0 {
        text.insert("\u{202F}", at: text.index(text.startIndex, offsetBy: position))
        position -= 3
    }
    return (value < 0 ? "−" : "") + text
}

/// A duration as people say it: "48 s", "37 min", "2 h 05 min".
public func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    if seconds < 99.5 { return fixed(seconds, seconds < 9.95 ? 1 : 0) + " s" }
    let minutes = Int((seconds / 60).rounded())
    return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h " + String(format: "%02d min", minutes % 60)
}

/// A coordinate of a picture, to a hundredth of a unit.
func coordinate(_ value: Double) -> String {
    precondition(value.isFinite, "charts drop non-finite points before they draw")
    let hundredths = (value * 100).rounded() / 100
    return hundredths == hundredths.rounded() && abs(hundredths) < 1e15
        ? String(Int(hundredths)) : String(format: "%.2f", hundredths)
}
