import System

/// Strings of all four kinds: basic and literal ones, on one line or over several.
extension TOMLReader {
    package mutating func string() throws(UserError) -> String {
        if isNext("\"\"\"") || isNext("'''") { return try longString() }
        return try lineString()
    }

    /// A string on one line, as keys are too.
    package mutating func lineString() throws(UserError) -> String {
        let start = index
        let quote = text.bytes[index]
        index += 1
        var result: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\n") {
            index += 1
            if byte == quote { return String(decoding: result, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                result += try escaped()
            } else {
                result.append(byte)
            }
        }
        throw error("the string is not closed on its line", at: start, advice: "add the closing quote")
    }

    private mutating func longString() throws(UserError) -> String {
        let start = index
        let quote = text.bytes[index]
        index += 3
        if current == UInt8(ascii: "\n") { index += 1 }
        var result: [UInt8] = []
        while let byte = current {
            if byte == quote, let ending = closing(quote) {
                index += ending
                return String(decoding: result + repeatElement(quote, count: ending - 3), as: UTF8.self)
            }
            index += 1
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                if !skipLineEnd() { result += try escaped() }
            } else {
                result.append(byte)
            }
        }
        throw error("the string is not closed", at: start, advice: "add three closing quotes")
    }

    /// How many quotes end the string here: three, after up to two of its own. Nil where it goes on.
    private func closing(_ quote: UInt8) -> Int? {
        let count = text.bytes[index...].prefix(5).prefix { $0 == quote }.count
        return count < 3 ? nil : count
    }

    /// After a backslash: passes over the end of the line and the blanks after it; false where something else follows.
    private mutating func skipLineEnd() -> Bool {
        var end = index
        while end < text.bytes.count, " \t".utf8.contains(text.bytes[end]) { end += 1 }
        guard end < text.bytes.count, text.bytes[end] == UInt8(ascii: "\n") else { return false }
        while end < text.bytes.count, " \t\n".utf8.contains(text.bytes[end]) { end += 1 }
        index = end
        return true
    }

    /// The character that stands after a backslash.
    private mutating func escaped() throws(UserError) -> [UInt8] {
        guard let byte = current else { throw error("the string is not closed") }
        index += 1
        switch Unicode.Scalar(byte) {
        case "b": return [0x08]
        case "t": return [0x09]
        case "n": return [0x0A]
        case "f": return [0x0C]
        case "r": return [0x0D]
        case "\"", "\\": return [byte]
        case "u": return try scalar(digits: 4)
        case "U": return try scalar(digits: 8)
        default: break
        }
        index -= 1
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "x") {
            throw newerSyntax("the escape `\\\(Unicode.Scalar(byte))`", advice: "write \\u and four digits")
        }
        throw error(
            "there is no escape of a backslash and \(found)",
            advice: "write \\\\ for a backslash, or put the string in single quotes")
    }

    private mutating func scalar(digits count: Int) throws(UserError) -> [UInt8] {
        let word = text.bytes[index...].prefix(count)
        let hexadecimal = word.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit } && word.count == count
        guard hexadecimal, let value = UInt32(String(decoding: word, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
        else {
            throw error("expected \(count) hexadecimal digits of a Unicode character")
        }
        index += count
        return Array(String(Character(scalar)).utf8)
    }
}
