import Runs

/// A table for people at a terminal: aligned columns, as many as the width has room for.
struct TextTable {
    struct Column {
        let title: String
        let isNumeric: Bool
        /// Whether the column is said once below the table where all rows agree.
        var canBeShared = false
        /// Each row has one.
        let cells: [String]

        var width: Int { ([title] + cells).map { TerminalText.width($0) }.max() ?? 0 }
        var isShared: Bool { canBeShared && Set(cells).count == 1 }
    }

    /// The most important first; the first one is always shown.
    let columns: [Column]
    private static let gap = 2

    /// The table, what all rows share, and the titles of columns that there was no room for.
    func written(width: Int) -> (lines: [String], shared: [String], left: [String]) {
        let own = columns.filter { !$0.isShared }
        var (shown, left): ([Column], [String]) = ([], [])
        var room = width
        for column in own {
            // Beside what matters most the name of a row may be cut.
            let least = shown.isEmpty ? min(column.width, max(8, width / 2)) : column.width + Self.gap
            if shown.isEmpty || least <= room {
                shown.append(column)
                room -= least
            } else {
                left.append(column.title)
            }
        }
        var widths = shown.map(\.width)
        if let first = shown.first { widths[0] = min(first.width, max(8, width / 2) + max(0, room)) }
        let rows =
            [shown.map(\.title)]
            + (0..<(shown.first?.cells.count ?? 0)).map { row in
                shown.map { $0.cells[row] }
            }
        let lines = rows.map { row in
            let cells = zip(zip(row, widths), shown).map { cell, column in
                TerminalText.padded(
                    TerminalText.shortened(cell.0, to: cell.1), to: cell.1, isRight: column.isNumeric)
            }
            return Self.trimmed(cells.joined(separator: String(repeating: " ", count: Self.gap)))
        }
        let shared = columns.filter(\.isShared).map { "\($0.title) \($0.cells[0])" }
        return (lines, shared, left)
    }

    /// The table with the sentences below it, all within `width` columns.
    func text(title: String, caption: String, width: Int) -> String {
        let (lines, shared, left) = written(width: width)
        let rule = String(repeating: "─", count: lines.map { TerminalText.width($0) }.max() ?? 0)
        var notes: [String] = []
        if !shared.isEmpty { notes.append("All rows: " + shared.joined(separator: "; ") + ".") }
        if !left.isEmpty {
            notes.append(
                "No room for: " + left.joined(separator: "; ") + ". A wider window shows more, "
                    + "`fce table --markdown` all, with the commands that made the rows.")
        }
        let head = title.isEmpty ? [] : TerminalText.wrapped(title, to: width) + [""]
        let below = (notes + [caption]).flatMap { [""] + TerminalText.wrapped($0, to: width) }
        return (head + lines.prefix(1) + [rule] + lines.dropFirst() + below).joined(separator: "\n") + "\n"
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
