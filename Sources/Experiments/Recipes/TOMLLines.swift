/// The line of every key of a TOML document, which TOMLKit reports for syntax errors only.
///
/// The document must have been accepted by TOMLKit; the scanner does not check it again. Paths name tables
/// and keys; an element of an array (also of `[[tables]]`) is its index, counted from 0.
struct TOMLLines {
    private(set) var lines: [[String]: Int] = [:]
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var elementCounts: [[String]: Int] = [:]

    init(_ text: String) {
        bytes = Array(text.utf8)
        var table: [String] = []
        while skipBlank() {
            if current == UInt8(ascii: "[") {
                table = header()
            } else {
                keyAndValue(in: table)
            }
        }
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Skips white space, line ends and comments; false at the end of the document.
    private mutating func skipBlank() -> Bool {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): index += 1
            case UInt8(ascii: "#"): skipLine()
            default: return true
            }
        }
        return false
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
    }

    private mutating func note(_ path: [String]) {
        if lines[path] == nil { lines[path] = line }
    }

    /// Reads `[a.b]` or `[[a.b]]` and returns the path of the table it opens.
    private mutating func header() -> [String] {
        index += 1
        let isElement = current == UInt8(ascii: "[")
        if isElement { index += 1 }
        let keys = dottedKey()
        var path: [String] = []
        for (position, key) in keys.enumerated() {
            path.append(key)
            note(path)
            if isElement && position == keys.count - 1 {
                let element = elementCounts[path, default: 0]
                elementCounts[path] = element + 1
                path.append(String(element))
                note(path)
            } else if let count = elementCounts[path] {
                path.append(String(count - 1))
            }
        }
        skipLine()
        return path
    }

    private mutating func dottedKey() -> [String] {
        var keys: [String] = []
        while skipBlank(), let byte = current {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                keys.append(string())
            } else {
                keys.append(bareWord(until: " \t.=]\n"))
            }
            guard skipBlank(), current == UInt8(ascii: ".") else { break }
            index += 1
        }
        return keys
    }

    private mutating func bareWord(until stops: StaticString) -> String {
        let start = index
        let isStop = { (byte: UInt8) in stops.withUTF8Buffer { $0.contains(byte) } }
        while let byte = current, !isStop(byte) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func keyAndValue(in table: [String]) {
        let start = index
        var path = table
        for key in dottedKey() {
            path.append(key)
            note(path)
        }
        if current == UInt8(ascii: "=") { index += 1 }
        if skipBlank() { value(at: path) }
        if index == start { index += 1 }
    }

    private mutating func value(at path: [String]) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
        case UInt8(ascii: "["):
            var element = 0
            list(until: UInt8(ascii: "]")) { scanner in
                scanner.note(path + [String(element)])
                scanner.value(at: path + [String(element)])
                element += 1
            }
        case UInt8(ascii: "{"): list(until: UInt8(ascii: "}")) { $0.keyAndValue(in: path) }
        default: _ = bareWord(until: ",]}#\n")
        }
    }

    private mutating func list(until close: UInt8, element: (inout TOMLLines) -> Void) {
        index += 1
        while skipBlank(), current != close {
            let start = index
            element(&self)
            if skipBlank(), current == UInt8(ascii: ",") { index += 1 }
            if index == start { index += 1 }
        }
        index += 1
    }

    /// Reads a basic, literal or multi-line string; escapes are kept as written.
    private mutating func string() -> String {
        let quote = bytes[index]
        let isLong = bytes[index...].prefix(3).elementsEqual([quote, quote, quote])
        let length = isLong ? 3 : 1
        index += length
        let start = index
        while let byte = current {
            if byte == quote
                && bytes[index...].prefix(length).elementsEqual(repeatElement(quote, count: length))
            {
                break
            }
            let isEscape = byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"")
            if isEscape { index += 1 }
            if current == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
        let end = min(index, bytes.count)
        index = end + length
        // A long string may end in up to two quotes of its own.
        while isLong, current == quote { index += 1 }
        return String(decoding: bytes[min(start, end)..<end], as: UTF8.self)
    }
}
