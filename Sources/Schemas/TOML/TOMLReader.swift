import System

/// Reads the statements of a TOML 1.0 document: headers of tables, and keys with their values.
package struct TOMLReader {
    /// Levels of tables and arrays that a document may have; every level is a call of a function.
    package static let deepest = 64

    package let root = TOMLTable(.whole)
    private(set) var lines: [[String]: Int] = [:]
    package let text: TOMLText
    package var index = 0

    package init(_ text: TOMLText) { self.text = text }

    package var current: UInt8? { index < text.bytes.count ? text.bytes[index] : nil }

    /// Whether `string` comes next.
    package func isNext(_ string: StaticString) -> Bool {
        string.withUTF8Buffer { text.bytes[index...].starts(with: $0) }
    }

    /// Passes over `byte`; false where another one is next.
    package mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    package func error(_ what: String, at place: Int? = nil, advice: String? = nil) -> UserError {
        text.error(what, at: place ?? index, advice: advice)
    }

    /// What TOML 1.1 brought, and how it is written in TOML 1.0.
    package func newerSyntax(_ what: String, advice: String) -> UserError {
        error("\(what) is TOML 1.1; recipes are TOML 1.0", advice: advice)
    }

    /// What comes next, for errors.
    package var found: String {
        guard let byte = current else { return "the end of the file" }
        if byte == UInt8(ascii: "\n") { return "the end of the line" }
        let character = String(decoding: text.bytes[index...].prefix(32), as: UTF8.self).prefix(1)
        return "`\(character)`"
    }

    // MARK: Statements

    package mutating func document() throws(UserError) {
        var (table, path) = (root, [String]())
        while skipBlank() {
            if current == UInt8(ascii: "[") {
                (table, path) = try header()
            } else {
                try assignment(in: table, at: path)
            }
            skipSpace()
            skipComment()
            guard current == nil || skip("\n") else {
                throw error("expected the end of the line, not \(found)", advice: "write one key a line")
            }
        }
    }

    /// Reads `[a.b]` or `[[a.b]]`; returns the table it opens, and its path.
    private mutating func header() throws(UserError) -> (TOMLTable, [String]) {
        let start = index
        index += 1
        let isElement = skip("[")
        let keys = try dottedKey()
        guard skip("]"), !isElement || skip("]") else {
            let close = isElement ? "]]" : "]"
            throw error("expected `\(close)` at the end of the header, not \(found)")
        }
        var (table, path) = (root, [String]())
        for key in keys.dropLast() {
            path.append(key)
            try note(path, at: start)
            table = try outer(key, of: table, path: &path, start)
        }
        let key = keys[keys.count - 1]
        path.append(key)
        guard let opened = isElement ? table.append(key) : table.open(key) else { throw taken(path, start) }
        try note(path, at: start)
        if isElement {
            path.append(String(table.count(of: key) - 1))
            try note(path, at: start)
        }
        return (opened, path)
    }

    /// The table `key` that a header leads through: of an array of tables the last one, which extends `path`.
    private func outer(
        _ key: String, of table: TOMLTable, path: inout [String], _ start: Int
    ) throws(UserError) -> TOMLTable {
        guard let inner = table.passing(key, made: .implied) else { throw taken(path, start) }
        let count = table.count(of: key)
        if count > 0 { path.append(String(count - 1)) }
        return inner
    }

    /// Reads `key = value`, where the key may be dotted, into `table`.
    package mutating func assignment(in table: TOMLTable, at path: [String]) throws(UserError) {
        let start = index
        let keys = try dottedKey()
        guard skip("=") else { throw error("expected `=` after the key, not \(found)") }
        skipSpace()
        var (table, path) = (table, path)
        for key in keys.dropLast() {
            path.append(key)
            guard let inner = table.dotted(key) else { throw taken(path, start) }
            try note(path, at: start)
            table = inner
        }
        path.append(keys[keys.count - 1])
        guard table.isFree(keys[keys.count - 1]) else { throw taken(path, start) }
        try note(path, at: start)
        table.set(keys[keys.count - 1], to: try value(at: path))
    }

    /// Remembers the line of `path` where it is met for the first time.
    package mutating func note(_ path: [String], at index: Int) throws(UserError) {
        guard path.count <= Self.deepest else {
            throw error("more than \(Self.deepest) levels of tables and arrays", at: index)
        }
        if lines[path] == nil { lines[path] = text.line(at: index) }
    }

    private func taken(_ path: [String], _ start: Int) -> UserError {
        let name = path.joined(separator: ".")
        let place = lines[path].map { " in line \($0)" } ?? ""
        return error("`\(name)` is defined already\(place)", at: start, advice: "define it once")
    }

    // MARK: Keys

    private mutating func dottedKey() throws(UserError) -> [String] {
        var keys: [String] = []
        repeat {
            skipSpace()
            keys.append(try key())
            skipSpace()
        } while skip(".")
        return keys
    }

    private mutating func key() throws(UserError) -> String {
        if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") { return try lineString() }
        let start = index
        while let byte = current, Self.isBare(byte) { index += 1 }
        guard index > start else {
            throw error(
                "expected a key, not \(found)",
                advice: "a key is of letters, digits, `-` and `_`; quote any other")
        }
        return String(decoding: text.bytes[start..<index], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    // MARK: Blanks

    package mutating func skipSpace() {
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { index += 1 }
    }

    private mutating func skipComment() {
        guard current == UInt8(ascii: "#") else { return }
        while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
    }

    /// Skips spaces, comments and line ends; false at the end of the document.
    package mutating func skipBlank() -> Bool {
        repeat {
            skipSpace()
            skipComment()
        } while skip("\n")
        return current != nil
    }
}
