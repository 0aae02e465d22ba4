import TOMLKit
import Tensors

/// A TOML value without positions or comments: what merging, decoding and canonical printing work on.
enum TOMLNode: Equatable, Sendable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([TOMLNode])
    case table([String: TOMLNode])
    /// Dates and times, which no recipe key takes.
    case other(String)

    /// TOMLKit recurses over the parts of a dotted key: one of 50,000 ends its stack.
    private static let longestLine = 10_000

    /// Parses a document into its top-level table.
    ///
    /// Throws `UserError(.recipe)`, for syntax errors with TOMLKit's line and column.
    static func parse(_ text: String, file: String) throws -> [String: TOMLNode] {
        guard !text.utf8.contains(0) else {
            throw UserError(.recipe, "a NUL byte in a TOML file", at: file, advice: "recipes are plain text")
        }
        if let line = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .firstIndex(where: { $0.count > longestLine })
        {
            throw UserError(
                .recipe, "a line of more than \(longestLine) bytes", at: "\(file):\(line + 1)",
                advice: "break it, or check that this is the recipe")
        }
        do {
            let table = try TOMLTable(string: text)
            return withExtendedLifetime(table) { entries(of: table) }
        } catch let error as TOMLParseError {
            let begin = error.source.begin
            let what = error.description.split(whereSeparator: \.isNewline).joined(separator: " ")
            throw UserError(.recipe, "TOML syntax: \(what)", at: "\(file):\(begin.line):\(begin.column)")
        }
    }

    private static func entries(of table: TOMLTable) -> [String: TOMLNode] {
        var result: [String: TOMLNode] = [:]
        for key in table.keys {
            guard let value = table[key] else { continue }
            result[key] = TOMLNode(value)
        }
        return result
    }

    private init(_ value: any TOMLValueConvertible) {
        if let table = value.table {
            self = .table(Self.entries(of: table))
        } else if let array = value.array {
            self = .array(array.map { TOMLNode($0) })
        } else if let string = value.string {
            self = .string(string)
        } else if let flag = value.bool {
            self = .boolean(flag)
        } else if let integer = value.int {
            self = .integer(integer)
        } else if let number = value.double {
            self = .number(number)
        } else {
            self = .other(value.tomlValue.type.description)
        }
    }

    /// The value as an error message names it.
    var described: String {
        switch self {
        case .string: "the string \(literal)"
        case .array(let elements): "an array of \(elements.count)"
        case .table: "a table"
        case .other(let type): "a \(type)"
        default: literal
        }
    }

    /// The value as TOML, on one line. Numbers are the shortest that read back exactly.
    var literal: String {
        switch self {
        case .string(let string): Self.quoted(string)
        case .integer(let integer): String(integer)
        case .number(let number): number == 0 ? "0.0" : number.description
        case .boolean(let flag): flag ? "true" : "false"
        case .array(let elements): "[" + elements.map(\.literal).joined(separator: ", ") + "]"
        case .table(let entries):
            "{ "
                + entries.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.literal)" }
                .joined(separator: ", ") + " }"
        case .other(let type): type
        }
    }

    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
