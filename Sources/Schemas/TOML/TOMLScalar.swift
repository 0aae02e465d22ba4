/// Words of TOML 1.0 that stand without quotes.
package enum TOMLScalar {
    /// The value of `word`; nil where it has none.
    package static func node(_ word: String) -> TOMLNode? {
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .number(.infinity)
        case "-inf": return .number(-.infinity)
        case "nan", "+nan", "-nan": return .number(.nan)
        default: break
        }
        if let kind = kindOfDate(word) { return .other(kind) }
        let digits = word.replacing("_", with: "")
        if let radix = radix(of: word) { return Int(digits.dropFirst(2), radix: radix).map { .integer($0) } }
        if isInteger(word) { return Int(digits).map { .integer($0) } }
        return isFloat(word) ? Double(digits).map { .number($0) } : nil
    }

    /// 16, 8 or 2 for a well-formed integer of that base; nil for any other word.
    private static func radix(of word: String) -> Int? {
        let bases: [(prefix: String, radix: Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
        guard let base = bases.first(where: { word.hasPrefix($0.prefix) }) else { return nil }
        let isSound = areDigits(word.dropFirst(2)) { digit in
            digit.isASCII && (digit.hexDigitValue ?? base.radix) < base.radix
        }
        return isSound ? base.radix : nil
    }

    /// Whether `word` is a decimal integer, of any size.
    package static func isInteger(_ word: some StringProtocol) -> Bool {
        let digits = unsigned(word)
        return areDigits(digits) && (digits.count == 1 || digits.first != "0")
    }

    private static func isFloat(_ word: String) -> Bool {
        let parts = word.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        if parts.count == 2, !areDigits(unsigned(parts[1])) { return false }
        let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return isInteger(mantissa[0]) && (mantissa.count == 1 || areDigits(mantissa[1]))
    }

    private static func unsigned<Text: StringProtocol>(_ word: Text) -> Text.SubSequence {
        word.dropFirst(word.first == "+" || word.first == "-" ? 1 : 0)
    }

    /// Whether `text` is digits, with single underscores between them.
    private static func areDigits(
        _ text: some StringProtocol, _ isDigit: (Character) -> Bool = { $0.isASCII && $0.isNumber }
    ) -> Bool {
        text.split(separator: "_", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
    }

    // MARK: Dates and times

    /// `date`, `time` or `date-time`; nil for what is none of them.
    package static func kindOfDate(_ word: String) -> String? {
        let (date, rest) = (word.prefix(10), word.dropFirst(10))
        guard isDate(date) else { return isTime(word[...]) ? "time" : nil }
        guard let separator = rest.first else { return "date" }
        guard "Tt ".contains(separator) else { return nil }
        let time = rest.dropFirst()
        if let last = time.last, "Zz".contains(last) { return isTime(time.dropLast()) ? "date-time" : nil }
        if let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let offset = time[time.index(after: sign)...]
            return isTime(time[..<sign]) && numbers(offset, ":", [2, 2], [0...23, 0...59]) != nil
                ? "date-time" : nil
        }
        return isTime(time) ? "date-time" : nil
    }

    private static func isDate(_ text: Substring) -> Bool {
        guard let parts = numbers(text, "-", [4, 2, 2], [0...9999, 1...12, 1...31]) else { return false }
        let (year, month) = (parts[0], parts[1])
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return parts[2] <= days[month - 1]
    }

    private static func isTime(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let clock = parts.first, numbers(clock, ":", [2, 2, 2], [0...23, 0...59, 0...60]) != nil else {
            return false
        }
        return parts.count == 1 || !parts[1].isEmpty && parts[1].allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// The numbers of `text`, of so many digits each and within `ranges`; nil where they are not.
    private static func numbers(
        _ text: Substring, _ separator: Character, _ widths: [Int], _ ranges: [ClosedRange<Int>]
    ) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.count) == widths else { return nil }
        let values = parts.compactMap { part in
            part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(part) : nil
        }
        return values.count == widths.count && zip(ranges, values).allSatisfy(~=) ? values : nil
    }
}
