import Foundation

/// The comment at the head of a recipe's file.
package enum RecipeHeader {
    /// The comment lines before the first key, without their `#`.
    package static func text(of bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"])) }
            .prefix { $0.hasPrefix("#") }
            .map { line in
                let body = line.dropFirst()
                return String(body.hasPrefix(" ") ? body.dropFirst() : body)
            }
            .joined(separator: "\n")
    }

    /// What a recipe is, in one sentence: the header up to the first full stop at the end of a word.
    package static func summary(of header: String) -> String {
        let text = header.split(separator: "\n").prefix { !$0.hasPrefix("Paper:") && !$0.hasPrefix("Time") }
            .joined(separator: " ")
        // A point ends a sentence, unless it is that of an abbreviation.
        let points = text.ranges(of: ". ").map(\.lowerBound)
        let end = points.first { point in
            !["et al", "eq", "eqs", "e.g", "i.e"].contains { text[..<point].hasSuffix($0) }
        }
        let sentence = text[..<(end ?? text.endIndex)]
        return String(sentence.hasSuffix(".") ? sentence.dropLast() : sentence)
    }
}
