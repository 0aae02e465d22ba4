/// JSON in whose strings nothing steers a terminal or changes the direction of writing: such characters, written as themselves or
/// escaped, become texts such as `\\x1B`. Files of runs come from strangers too, and their words stand in tables and messages.
package func printableJSON(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\\") || $0 == UInt8(ascii: "\n") }),
        let text = String(validating: bytes, as: UTF8.self)
    else { return bytes }
    var reader = Reader(rest: text.unicodeScalars[...])
    return reader.printable()
}

private struct Reader {
    var rest: Substring.UnicodeScalarView
    private var result = String.UnicodeScalarView()

    init(rest: Substring.UnicodeScalarView) { self.rest = rest }

    mutating func printable() -> [UInt8] {
        var isInside = false
        while let scalar = rest.popFirst() {
            if scalar == "\"" { isInside.toggle() }
            if !isInside {
                result.append(scalar)
            } else if scalar == "\\" {
                appendEscape()
            } else {
                append(scalar, else: [scalar])
            }
        }
        return Array(String(result).utf8)
    }

    /// Appends what follows a backslash.
    private mutating func appendEscape() {
        guard let kind = rest.popFirst() else { return result.append("\\") }
        let short: [Unicode.Scalar: Unicode.Scalar] = [
            "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
        ]
        let digits = Array(rest.prefix(4))
        if let scalar = short[kind] {
            append(scalar, else: ["\\", kind])
        } else if kind == "u", digits.count == 4, digits.allSatisfy({ Character($0).isHexDigit }),
            let scalar = UInt32(digits.map { String($0) }.joined(), radix: 16).flatMap(Unicode.Scalar.init)
        {
            rest = rest.dropFirst(4)
            append(scalar, else: ["\\", kind] + digits)
        } else {
            result.append(contentsOf: ["\\", kind])
        }
    }

    /// Appends the text of a scalar that is not printable, and `written` for every other.
    private mutating func append(_ scalar: Unicode.Scalar, else written: [Unicode.Scalar]) {
        let (plain, shown) = (String(scalar), PathText.printable(String(scalar)))
        let escaped = shown.unicodeScalars.flatMap { $0 == "\\" ? [$0, $0] : [$0] }
        result.append(contentsOf: shown == plain ? written : escaped)
    }
}
