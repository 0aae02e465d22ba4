import System

/// The records of a CSV file (RFC 4180): fields between commas, in quotes where they hold commas, quotes or line ends.
struct CSVFile {
    struct Record {
        /// The line of the file that it begins on, from 1.
        let line: Int
        /// The fields as bytes, since paths need not be UTF-8.
        let fields: [[UInt8]]
    }

    let records: [Record]

    private static let (quote, comma, newline, carriage) = (
        UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")
    )

    /// Empty lines are no records. A byte order mark at the start is dropped.
    /// - Throws: `UserError(.data)` naming the line of a quote that does not belong there, or of a zero byte.
    init(_ bytes: [UInt8], file: String) throws(UserError) {
        var parser = Parser(bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
        do throws(Fault) { records = try parser.records() } catch {
            throw UserError(.data, error.what, at: "\(file):\(error.line)", advice: error.advice)
        }
    }

    private struct Fault: Error {
        let line: Int
        let what: String
        let advice: String
    }

    private struct Parser {
        var bytes: ArraySlice<UInt8>
        var line = 1

        mutating func records() throws(Fault) -> [Record] {
            var records: [Record] = []
            while !bytes.isEmpty {
                let start = line
                let fields = try record()
                if fields != [[]] { records.append(Record(line: start, fields: fields)) }
            }
            return records
        }

        /// The fields up to the next line end, which is taken too.
        private mutating func record() throws(Fault) -> [[UInt8]] {
            var fields = [try field()]
            while bytes.first == comma {
                bytes = bytes.dropFirst()
                fields.append(try field())
            }
            if bytes.first == carriage { bytes = bytes.dropFirst() }
            if bytes.first == newline { bytes = bytes.dropFirst() }
            line += 1
            return fields
        }

        private mutating func field() throws(Fault) -> [UInt8] {
            guard bytes.first == quote else { return try plainField() }
            let start = line
            bytes = bytes.dropFirst()
            var field: [UInt8] = []
            while true {
                guard let end = bytes.firstIndex(of: quote) else {
                    throw Fault(line: start, what: "opens a quote that nothing closes", advice: "close it")
                }
                field += bytes[..<end]
                line += bytes[..<end].count { $0 == newline }
                bytes = bytes[(end + 1)...]
                guard bytes.first == quote else { break }
                field.append(quote)
                bytes = bytes.dropFirst()
            }
            guard bytes.first.map({ [comma, newline, carriage].contains($0) }) ?? true else {
                throw Fault(
                    line: start, what: "goes on after the quote that closes a field",
                    advice: "write a quote inside of a field twice")
            }
            return try checked(field, start)
        }

        private mutating func plainField() throws(Fault) -> [UInt8] {
            let field = Array(bytes.prefix { $0 != comma && $0 != newline && $0 != carriage })
            bytes = bytes.dropFirst(field.count)
            guard !field.contains(quote) else {
                throw Fault(
                    line: line, what: "has a quote inside of a field without quotes",
                    advice: "put the field in quotes, and write the quote twice")
            }
            return try checked(field, line)
        }

        private func checked(_ field: [UInt8], _ line: Int) throws(Fault) -> [UInt8] {
            guard !field.contains(0) else {
                throw Fault(line: line, what: "holds a zero byte", advice: "save the file as UTF-8")
            }
            return field
        }
    }
}
