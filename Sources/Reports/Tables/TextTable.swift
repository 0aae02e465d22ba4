import Experiments

/// A table for people at a terminal: aligned columns, as many as the width has room for.
struct TextTable {
    struct Column {
        let title: String
        let isNumeric: Bool
        /// Whether it is said once below the table where all rows agree.
        var canBeShared = false
        /// One a row.
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

/// A table that is written as Markdown into files and pipes, and with aligned columns on a terminal.
public protocol WrittenTable {
    var markdown: String { get }
    /// The same for people at a terminal of `width` columns.
    func terminal(width: Int) -> String
}

extension ResultsTable: WrittenTable {
    /// Test error, the paper's number and the seeds stand first and go last; what says which cell it is goes below the
    /// table where all rows agree.
    public func terminal(width: Int) -> String {
        let table = TextTable(columns: ranked.map(written))
        return table.text(title: title, caption: paperSentence + shortened(caption), width: width)
    }

    /// Which of the paper's cells its numbers are, and of which rows.
    private var paperSentence: String {
        let cells = rows.compactMap { row in
            row.sample.paper.flatMap { $0.cell.isEmpty ? nil : (cell: $0.cell, row: row.sample.recipe) }
        }
        guard !cells.isEmpty else { return "" }
        let parts = unique(cells.map(\.cell)).map { cell in
            let names = cells.filter { $0.cell == cell }.map { ComparisonContent.stem($0.row) }
            return "\(cell) (\(names.joined(separator: ", ")))"
        }
        return "The paper's numbers: " + parts.joined(separator: "; ") + ". "
    }

    /// A commit by its first digits, as people name it.
    private func shortened(_ caption: String) -> String {
        caption.replacing(/\b([0-9a-f]{12})[0-9a-f]{28}\b/) { $0.output.1 }
    }

    private static let leading = ["recipe", "ours, %", "paper, %", "each seed, %", "difference"]
    private static let describing = ["method", "labels", "network", "base", "steps"]
    private static let following = ["time a seed", "NLL, nats", "ECE, %"]
    private static let densities = [
        "flow bits/dim", "EBM bits/dim", "with log Z", "log Z, nats (ESS)", "bound, bits/dim",
    ]

    private var ranked: [Column] {
        func named(_ titles: [String]) -> [Column] {
            titles.compactMap { title in columns.first { $0.title == title } }
        }
        let apart = Self.leading + Self.following + Self.densities + Self.describing
        let probes = columns.filter { !apart.contains($0.title) }
        // What has no classifier is told of by its densities.
        let rest = [Self.densities, Self.following]
        let isClassified = rows.contains { $0.error != nil }
        return named(Self.leading) + probes + (isClassified ? rest.reversed() : rest).flatMap(named)
            + named(Self.describing)
    }

    private func written(_ column: Column) -> TextTable.Column {
        var cells = rows.map(column.text)
        // The paper's cells are named below the table.
        if column.title == "paper, %" { cells = rows.map { Self.paper($0, withCell: false) } }
        guard column.title == "recipe" else {
            return TextTable.Column(
                title: column.title, isNumeric: column.isNumeric,
                canBeShared: Self.describing.contains(column.title), cells: cells)
        }
        // The folder that all recipes lie in is said once.
        let folders = Set(cells.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
        guard let folder = folders.first, folders.count == 1, !folder.isEmpty else {
            return TextTable.Column(title: "recipe", isNumeric: false, cells: cells)
        }
        return TextTable.Column(
            title: "\(folder)/", isNumeric: false, cells: cells.map { String($0.dropFirst(folder.count + 1)) }
        )
    }
}

extension LabelEfficiency: WrittenTable {
    public func terminal(width: Int) -> String {
        let cells = rows
        let table = TextTable(
            columns: head.indices.map { column in
                TextTable.Column(title: head[column], isNumeric: true, cells: cells.map { $0[column] })
            })
        return table.text(title: title, caption: caption, width: width)
    }
}
