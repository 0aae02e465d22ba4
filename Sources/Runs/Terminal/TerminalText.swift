import CKernels

/// Text as a terminal shows it: columns are counted, not characters, as some characters are two columns wide and some none.
public enum TerminalText {
    /// Columns that `text` takes on a line.
    public static func width(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    /// The beginning of `text` that fits into `width` columns.
    public static func cut(_ text: String, to width: Int) -> String {
        var left = width
        return String(
            text.prefix { character in
                left -= Self.width(character)
                return left >= 0
            })
    }

    /// `text`, or its beginning and an ellipsis where it does not fit into `width` columns.
    public static func shortened(_ text: String, to width: Int) -> String {
        Self.width(text) <= width ? text : cut(text, to: max(0, width - 1)) + "…"
    }

    /// `text` with spaces up to `width` columns, after it or before it.
    public static func padded(_ text: String, to width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - Self.width(text)))
        return isRight ? space + text : text + space
    }

    /// Lines of at most `width` columns, broken between words where that is possible.
    public static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(whereSeparator: \.isWhitespace) {
            let line = lines[lines.count - 1]
            if line.isEmpty || Self.width(line) + 1 + Self.width(word) <= width {
                lines[lines.count - 1] = line + (line.isEmpty ? "" : " ") + word
            } else {
                lines.append(String(word))
            }
            // A word as long as a line, such as a path.
            while Self.width(lines[lines.count - 1]) > max(1, width) {
                let long = lines.removeLast()
                let head = cut(long, to: max(1, width))
                guard !head.isEmpty else { return lines + [long] }
                lines += [head, String(long.dropFirst(head.count))]
            }
        }
        return lines
    }

    private static func width(_ character: Character) -> Int {
        // Control characters: whatever a terminal makes of them, it is not nothing.
        let width = character.unicodeScalars.reduce(0) { sum, scalar in
            let columns = Int(fc_columns(scalar.value))
            return sum + (columns < 0 ? 1 : columns)
        }
        // Asks for the coloured picture of a character, which is wide.
        let isEmoji = character.unicodeScalars.contains { $0.value == 0xFE0F }
        return isEmoji ? max(2, width) : width
    }
}
