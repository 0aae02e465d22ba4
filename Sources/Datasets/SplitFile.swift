import Foundation
import System

extension Split {
    /// Writes the split as one JSON object with sorted keys, whole or not at all.
    /// - Throws: `UserError(.output)`.
    public func write(to path: String) throws(UserError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let json = try? encoder.encode(self) else {
            throw UserError(.output, "the split cannot be encoded as JSON", at: path)
        }
        try Files.write([UInt8](json) + [0x0A], to: path)
    }

    /// Reads what `write` wrote.
    /// - Throws: `UserError(.missing)`, or `UserError(.data)` for anything but a split of this format.
    public init(contentsOf path: String) throws(UserError) {
        try self.init(json: try Files.read(path), file: path)
    }

    init(json: [UInt8], file: String) throws(UserError) {
        do {
            self = try decodedJSON(Split.self, json)
        } catch let error as DecodingError {
            throw UserError(.data, "is not a split: \(error.reason)", at: file, advice: "start a new run")
        } catch {
            throw UserError(.data, "is not a split", at: file, advice: "start a new run")
        }
        guard format == Self.currentFormat else {
            throw UserError(
                .data, "has split format \(format), not \(Self.currentFormat)", at: file,
                advice: "read it with the version that wrote it")
        }
    }
}

extension DecodingError {
    /// The key at fault and why, in a few words.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, _): "key `\(key.stringValue)` is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "key `\(context.codingPath.first?.stringValue ?? "")` has the wrong type"
        default: "malformed JSON"
        }
    }
}
