import System

/// A TOML value without positions or comments: what merging, decoding and canonical printing work on.
public enum TOMLNode: Equatable, Sendable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([TOMLNode])
    case table([String: TOMLNode])
    /// A date, time or date-time, which no recipe key takes: the name of its type.
    case other(String)

    /// The value as an error message names it.
    public var described: String {
        switch self {
        case .string: "the string \(literal)"
        case .array(let elements): "an array of \(elements.count)"
        case .table: "a table"
        case .other(let type): "a \(type)"
        default: literal
        }
    }

    /// The value as TOML, on one line. Numbers are the shortest that read back exactly.
    public var literal: String {
        switch self {
        case .string(let string): tomlQuoted(string)
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
}
