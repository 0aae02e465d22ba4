import Foundation

/// A value as JSON with sorted keys. A number that is not finite, for which JSON has no word, is written as null.
public func jsonText(_ value: some Encodable, isPretty: Bool = true) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
        isPretty
        ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
    // The encoder can only write a word, which is then replaced. Its first character is for private use: no name has it.
    let (mark, rest) = ("\u{F0FDD}", "fce: not finite")
    let word = mark + rest
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: word, negativeInfinity: word, nan: word)
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    return text.contains(mark) ? text.replacingOccurrences(of: "\"\(word)\"", with: "null") : text
}

/// A value from JSON, as the files of runs have it.
///
/// Foundation's decoder refuses brackets within more than 512 others, but traps where the text ends with the first of them. So a
/// line feed follows the text here.
///
/// - Throws: `DecodingError` for what is no JSON of such a value.
package func decodedJSON<Value: Decodable>(_: Value.Type, _ bytes: some Sequence<UInt8>) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(bytes) + [UInt8(ascii: "\n")])
}

extension KeyedDecodingContainer {
    /// A number that may have been written as null; NaN then.
    package func number(_ key: Key) throws -> Double { try decode(Double?.self, forKey: key) ?? .nan }

    /// Numbers of which some may have been written as null; these are NaN.
    package func numbers(_ key: Key) throws -> [Double] {
        try decode([Double?].self, forKey: key).map { $0 ?? .nan }
    }

    /// The same for a key that may be absent.
    package func numbersIfPresent(_ key: Key) throws -> [Double]? {
        try decodeIfPresent([Double?].self, forKey: key).map { $0.map { $0 ?? .nan } }
    }
}
