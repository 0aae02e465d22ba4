import System

/// Values: arrays, inline tables, and what stands without brackets and quotes.
extension TOMLReader {
    package mutating func value(at path: [String]) throws(UserError) -> TOMLNode {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .string(try string())
        case UInt8(ascii: "["): try array(at: path)
        case UInt8(ascii: "{"): try inlineTable(at: path)
        default: try scalar()
        }
    }

    private mutating func array(at path: [String]) throws(UserError) -> TOMLNode {
        let start = index
        index += 1
        var elements: [TOMLNode] = []
        while skipBlank() {
            if skip("]") { return .array(elements) }
            let place = path + [String(elements.count)]
            try note(place, at: index)
            elements.append(try value(at: place))
            guard skipBlank() else { break }
            guard skip(",") || current == UInt8(ascii: "]") else {
                throw error("expected `,` or `]` in the array, not \(found)")
            }
        }
        throw error("the array is not closed", at: start, advice: "add `]`")
    }

    private mutating func inlineTable(at path: [String]) throws(UserError) -> TOMLNode {
        let table = TOMLTable(.whole)
        index += 1
        skipSpace()
        if skip("}") { return .table([:]) }
        while true {
            try expectSameLine()
            try assignment(in: table, at: path)
            skipSpace()
            if skip("}") { return .table(table.entries) }
            try expectSameLine()
            guard skip(",") else { throw error("expected `,` or `}` in the inline table, not \(found)") }
            skipSpace()
            guard current != UInt8(ascii: "}") else {
                throw newerSyntax(
                    "a comma at the end of an inline table", advice: "remove the comma before `}`")
            }
        }
    }

    private func expectSameLine() throws(UserError) {
        guard let byte = current else { throw error("the inline table is not closed", advice: "add `}`") }
        guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "#") else { return }
        throw newerSyntax(
            "an inline table over several lines",
            advice: "write it on one line, or as a table with a [header]")
    }

    /// A number, a truth value or a date.
    private mutating func scalar() throws(UserError) -> TOMLNode {
        let start = index
        skipWord()
        // A date may be parted from its time by a space.
        if index - start == 10, current == UInt8(ascii: " "), index + 1 < text.bytes.count,
            TOMLScalar.kindOfDate(word(from: start)) == "date", isDigit(text.bytes[index + 1])
        {
            index += 1
            skipWord()
        }
        let word = word(from: start)
        guard !word.isEmpty else { throw error("expected a value, not \(found)") }
        if let node = TOMLScalar.node(word) { return node }
        index = start
        if TOMLScalar.kindOfDate(word + ":00") != nil {
            throw newerSyntax("a time without seconds", advice: "add :00")
        }
        if TOMLScalar.isInteger(word) {
            throw error("`\(word)` is an integer of more than 64 bits")
        }
        throw error("`\(word.prefix(60))` is not a TOML value", advice: "put strings in quotes")
    }

    private mutating func skipWord() {
        while let byte = current, !" \t\n,]}#".utf8.contains(byte) { index += 1 }
    }

    private func word(from start: Int) -> String {
        String(decoding: text.bytes[start..<index], as: UTF8.self)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
