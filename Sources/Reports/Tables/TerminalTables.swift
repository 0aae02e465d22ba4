import Runs
import Scores
import Training

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
            + differencesText(width: width)
    }

    /// The rows' differences from one of them, below the table.
    private func differencesText(width: Int) -> String {
        guard let table = differences else { return "" }
        let columns = table.head.indices.map { column in
            TextTable.Column(
                title: table.head[column], isNumeric: column == 1, cells: table.rows.map { $0[column] })
        }
        return "\n" + TextTable(columns: columns).text(title: table.title, caption: table.note, width: width)
    }

    /// The sentence names the paper's cells that its numbers are, and their rows.
    private var paperSentence: String {
        let cells = rows.compactMap { row -> (cell: String, row: String)? in
            guard let paper = row.sample.paper, !paper.cell.isEmpty else { return nil }
            return (paper.cell, ComparisonContent.stem(row.sample.recipe))
        }
        guard !cells.isEmpty else { return "" }
        let parts = unique(cells.map(\.cell)).map { cell in
            let names = cells.filter { $0.cell == cell }.map(\.row)
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
    private static let following = ["time a seed"] + Metric.classification.compactMap(\.column?.title)
    private static let densities =
        ["flow bits/dim"] + Metric.energyDensities.compactMap(\.column?.title)
        + ["log Z, nats (ESS)", "bound, bits/dim"]

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
