import System

/// A table's row in plain numbers, for programs to read: the element of the JSON form, a line of the CSV form.
@dynamicMemberLookup
public struct TableRecord: Equatable, Sendable {
    public let facts: TableFacts
    public let scores: MeanScores

    init(_ row: ResultsTable.Row) {
        facts = TableFacts(row)
        scores = MeanScores(row)
    }

    public subscript<Value>(dynamicMember path: KeyPath<TableFacts, Value>) -> Value {
        facts[keyPath: path]
    }
}

extension TableRecord: Codable {
    public init(from decoder: any Decoder) throws {
        facts = try TableFacts(from: decoder)
        scores = try MeanScores(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try facts.encode(to: encoder)
        try scores.encode(to: encoder)
    }
}
