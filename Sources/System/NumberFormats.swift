import Foundation

// Numbers as people read them, in tables, on pages and at the terminal; none depends on a locale.

/// A number with `digits` decimals and its unit; an en dash where there is none, or one that is not finite.
package func fixed(_ value: Double?, _ digits: Int, _ unit: String = "") -> String {
    guard let value, value.isFinite else { return "–" }
    let text = String(format: "%.\(digits)f", value)
    // Not "-0.00".
    let isZero = !text.contains { "123456789".contains($0) }
    return (isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text)
        + (unit.isEmpty ? "" : " " + unit)
}

/// A signed difference: "+0.52", "−0.31".
package func signed(_ value: Double?, _ digits: Int) -> String {
    let text = fixed(value, digits)
    if text.hasPrefix("-") { return "−" + text.dropFirst() }
    return text == "–" ? text : "+" + text
}

/// A share in 0...1 as percent, without the sign of percent: "12.34".
package func percent(_ share: Double?, _ digits: Int = 2) -> String { fixed(share.map { 100 * $0 }, digits) }

/// A share in 0...1 as percent with its sign: "12.34 %".
package func percentText(_ share: Double?, _ digits: Int = 2) -> String {
    fixed(share.map { 100 * $0 }, digits, "%")
}

/// An integer in groups of three digits, with narrow spaces that do not break a line.
package func grouped(_ value: Int) -> String {
    var text = String(value.magnitude)
    var position = text.count - 3
    while position > 0 {
        text.insert("\u{202F}", at: text.index(text.startIndex, offsetBy: position))
        position -= 3
    }
    return (value < 0 ? "−" : "") + text
}

/// A duration as people say it: "48 s", "37 min", "2 h 05 min".
package func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    if seconds < 99.5 { return fixed(seconds, seconds < 9.95 ? 1 : 0, "s") }
    let minutes = Int((seconds / 60).rounded())
    return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(twoDigits(minutes % 60)) min"
}

/// A duration as a clock shows it: "2:03", "1:02:03".
package func clockTime(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "-" }
    let total = Int(seconds.rounded())
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0
        ? "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" : "\(minutes):\(twoDigits(rest))"
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
