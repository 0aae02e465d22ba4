import Foundation

/// Names of files are bytes; this tool keeps and shows them as text.
///
/// The text of a name that is printable UTF-8 is the name itself. Every other byte becomes an escape such as `\xE9`:
/// bytes that are not UTF-8, control characters, and what would turn the direction of writing. A backslash that
/// would read as an escape is escaped too, so a text stands for exactly one name and `bytes(of:)` finds it again.
package enum PathText {
    private static let backslash = UInt8(ascii: "\\")

    /// The text of a name, one line that a terminal can show.
    package static func text(of name: some Sequence<UInt8>) -> String {
        let name = Array(name)
        if name.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != backslash }) {
            return String(decoding: name, as: UTF8.self)
        }
        if !name.contains(backslash), let plain = String(validating: name, as: UTF8.self), isPrintable(plain)
        {
            return plain
        }
        var text = ""
        var rest = name[...]
        while let first = rest.first {
            let character = rest.prefix(length(first))
            if let plain = String(validating: character, as: UTF8.self), isPrintable(plain),
                escape(at: rest) == nil
            {
                text += plain
                rest = rest.dropFirst(character.count)
            } else {
                text += escaped(first)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The name that `text` stands for. A text without escapes stands for itself.
    package static func bytes(of text: String) -> [UInt8] {
        let text = Array(text.utf8)
        guard text.contains(backslash) else { return text }
        var name: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            // A name holds no zero byte; read as one it would end the name early.
            let byte = escape(at: rest).flatMap { $0 == 0 ? nil : $0 }
            name.append(byte ?? first)
            rest = rest.dropFirst(byte == nil ? 1 : 4)
        }
        return name
    }

    /// Any text as one line that a terminal can show; what is escaped already stays.
    package static func printable(_ text: String) -> String {
        guard !text.unicodeScalars.allSatisfy(isPrintable) else { return text }
        return text.unicodeScalars.map { scalar in
            isPrintable(scalar) ? String(scalar) : UTF8.encode(scalar).map { $0.map(escaped).joined() } ?? ""
        }.joined()
    }

    /// A word of the command line: escaped when it is the name of a file, or cannot be text otherwise.
    package static func argument(_ bytes: [UInt8]) -> String {
        let plain = String(validating: bytes, as: UTF8.self)
        var status = stat()
        let isName = (bytes + [0]).withUnsafeBytes { memory in
            memory.withMemoryRebound(to: CChar.self) {
                $0.baseAddress.map { lstat($0, &status) == 0 } ?? false
            }
        }
        guard let plain, !isName else { return text(of: bytes) }
        return plain
    }

    private static func escaped(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// The byte that an escape at the start of `text` stands for; nil where there is no escape.
    private static func escape(at text: ArraySlice<UInt8>) -> UInt8? {
        let start = text.startIndex
        guard text.count >= 4, text[start] == backslash, text[start + 1] == UInt8(ascii: "x") else {
            return nil
        }
        let digits = text[start + 2...start + 3].compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return digits.count == 2 ? UInt8(16 * digits[0] + digits[1]) : nil
    }

    /// Bytes of the UTF-8 character that begins with `first`.
    private static func length(_ first: UInt8) -> Int {
        switch first {
        case 0xC0..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0...: 4
        default: 1
        }
    }

    private static func isPrintable(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isPrintable) }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        let breaks: [Unicode.GeneralCategory] = [.control, .lineSeparator, .paragraphSeparator]
        return !breaks.contains(properties.generalCategory) && !properties.isBidiControl
    }
}

/// Calls `body` with `path` as the system takes it: see ``PathText``.
package func withSystemPath<Result>(_ path: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let bytes = PathText.bytes(of: path).map { CChar(bitPattern: $0) } + [0]
    return bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("a path ends in a zero") }
        return body(start)
    }
}
