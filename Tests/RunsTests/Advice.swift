import Foundation

/// What an error's advice says to change.
enum Advice {
    /// `KEY=VALUE` of `set KEY = VALUE` and of what follows it after `and`, as `--set` takes it. Only the first of
    /// several ways is followed.
    static func changes(_ advice: String) -> [String] {
        guard let start = advice.range(of: "set ") else { return [] }
        let first = advice[start.upperBound...].prefix { $0 != ";" }
        return first.split(separator: " and ").prefix { $0.contains(" = ") }.compactMap { part in
            let sides = part.split(separator: " = ", maxSplits: 1)
            guard sides.count == 2, !sides[0].contains(" ") else { return nil }
            return "\(sides[0])=\(value(sides[1]))"
        }
    }

    /// The value at the start of `text`: a string, an array, or a word.
    private static func value(_ text: Substring) -> Substring {
        switch text.first {
        case "\"": text.prefix(1) + text.dropFirst().prefix { $0 != "\"" } + "\""
        case "[": text.prefix { $0 != "]" } + "]"
        default: text.prefix { $0 != "," && $0 != " " }
        }
    }
}
