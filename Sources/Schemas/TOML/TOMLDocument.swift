import System

/// A TOML 1.0 document: its values, and the line of every key.
///
/// The reader is the package's own because the one library for Swift ends the process at a malformed header, which no
/// caller can catch, and because it knows no lines of keys.
package struct TOMLDocument {
    package let root: [String: TOMLNode]
    /// Paths name tables and keys. An element of an array, also of `[[tables]]`, is its index, counted from 0.
    package let lines: [[String]: Int]

    /// Reads a document strictly; `file` names it in errors.
    ///
    /// Throws `UserError(.recipe)` at `file:line:column` for anything that is not TOML 1.0, and for tables and arrays
    /// that are nested more than ``TOMLReader/deepest`` levels deep.
    package init(_ bytes: some Collection<UInt8>, file: String) throws(UserError) {
        let text = try TOMLText(bytes, file: file)
        var reader = TOMLReader(text)
        try reader.document()
        root = reader.root.entries
        lines = reader.lines
    }
}

/// The bytes of a document, which are sound text, with what finds lines and columns in them.
package struct TOMLText {
    /// UTF-8 without a byte order mark; every line ends with a line feed alone.
    package let bytes: [UInt8]
    private let file: String
    private let lineStarts: [Int]

    /// Throws `UserError(.recipe)` for bytes that are not UTF-8, and for control characters.
    package init(_ source: some Collection<UInt8>, file: String) throws(UserError) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let source = Array(source.starts(with: mark) ? source.dropFirst(mark.count) : source[...])
        let lineFeed = UInt8(ascii: "\n")
        let carriageReturn = UInt8(ascii: "\r")
        bytes = source.indices.filter { index in
            source[index] != carriageReturn || index + 1 == source.count || source[index + 1] != lineFeed
        }.map { source[$0] }
        self.file = file
        lineStarts = [0] + bytes.indices.filter { [bytes] in bytes[$0] == lineFeed }.map { $0 + 1 }
        try checkEncoding()
        try checkControls()
    }

    private func checkEncoding() throws(UserError) {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var index = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar): index += scalar.count
            case .emptyInput: return
            case .error: throw error("a byte that is not UTF-8", at: index, advice: "save the file as UTF-8")
            }
        }
    }

    private func checkControls() throws(UserError) {
        let index = bytes.firstIndex { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A || $0 == 0x7F }
        guard let index else { return }
        throw error(
            "a control character (byte \(bytes[index]))", at: index,
            advice: "remove it; in a string write it as \\u and four digits")
    }

    /// The line of the byte at `index`, counted from 1.
    package func line(at index: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// What is wrong at the byte `index`, with line and column; columns count characters from 1.
    package func error(_ what: String, at index: Int, advice: String? = nil) -> UserError {
        let line = line(at: index)
        let before = bytes[lineStarts[line - 1]..<min(index, bytes.count)]
        // Bytes that continue a character begin with 10.
        let column = before.count { $0 & 0xC0 != 0x80 } + 1
        return UserError(.recipe, "TOML syntax: \(what)", at: "\(file):\(line):\(column)", advice: advice)
    }
}
