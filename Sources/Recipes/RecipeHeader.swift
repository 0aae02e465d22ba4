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
        let sentence = text.range(of: ". ").map { text[..<$0.lowerBound] } ?? text[...]
        return String(sentence.hasSuffix(".") ? sentence.dropLast() : sentence)
    }
}
