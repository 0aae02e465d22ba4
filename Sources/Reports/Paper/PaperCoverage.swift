import Evaluation
import Foundation
import Recipes
import Runs
import Scores
import System
import Tables
import Training

/// What is done of the paper: for each of its cells the recipe that makes it, and the numbers that were made here.
public struct PaperCoverage: Sendable {
    /// The trainings of one recipe whose results are in one folder.
    public struct Figure: Sendable, Equatable {
        public let recipe: String
        /// The folder of the results.
        public let folder: String
        public let dataName: String
        /// The number in the cell's unit: mean over seeds, sample standard deviation.
        public let mean: Double
        public let deviation: Double?
        public let seeds: Int
        /// Whether the recipe is today's; else an earlier version of it was trained.
        public let isCurrent: Bool
    }

    /// A cell with what stands for it here.
    public struct Entry: Sendable, Equatable {
        public let cell: PaperCell
        /// One a recipe that has been trained.
        public let figures: [Figure]

        /// Whether a number, or a picture, was made here.
        public var isMade: Bool {
            if case .picture(let path) = cell.measure { return path != nil }
            return !figures.isEmpty
        }
        /// Whether a recipe makes the cell.
        public var hasRecipe: Bool { cell.recipe != nil || !cell.here.isEmpty }
    }

    public let entries: [Entry]

    /// - Parameters:
    ///   - results: the folder whose folders hold `RECIPE-seed-N.json`.
    ///   - cells: the paper's.
    /// - Throws: `UserError` for a folder that cannot be read, and for a damaged result.
    public init(results: String, cells: [PaperCell] = PaperCell.all) throws {
        let known = try Self.results(in: results)
        var hashes: [String: String] = [:]
        func hash(_ recipe: String) throws -> String {
            if let hash = hashes[recipe] { return hash }
            let hash = try Recipe.load("builtin:\(recipe)").protocolHash
            hashes[recipe] = hash
            return hash
        }
        entries = try cells.map { cell in
            Entry(
                cell: cell,
                figures: try cell.here.compactMap { recipe in
                    let hash = try hash(recipe)
                    let groups = known.filter { $0.recipe == recipe }.compactMap { group in
                        Figure(cell.measure, group.results, recipe, folder: group.folder, hash: hash)
                    }
                    return groups.max {
                        ($0.isCurrent ? 1 : 0, $0.seeds, $0.folder) < (
                            $1.isCurrent ? 1 : 0, $1.seeds, $1.folder
                        )
                    }
                })
        }
    }

    private struct Group {
        let folder: String
        let recipe: String
        let results: [RunResult]
    }

    /// What results of one mean share.
    private struct Key: Hashable {
        let recipe: String
        let protocolHash: String
    }

    /// All results of `folder`'s folders, by folder, recipe and protocol.
    private static func results(in folder: String) throws -> [Group] {
        try Files.list(folder).sorted().flatMap { name -> [Group] in
            let path = "\(folder)/\(name)"
            guard Files.isFolder(path) else { return [] }
            let results = try Files.list(path).sorted().compactMap { file in
                file.hasSuffix(".json") && file.contains("-seed-")
                    ? try RunFiles.result(at: "\(path)/\(file)") : nil
            }
            return Dictionary(grouping: results) { Key(recipe: $0.recipe, protocolHash: $0.protocolHash) }
                .sorted { $0.key.protocolHash < $1.key.protocolHash }
                .map { Group(folder: path, recipe: $0.key.recipe, results: $0.value) }
        }
    }
}

extension PaperCoverage.Figure {
    /// Nil where a result lacks the number.
    fileprivate init?(
        _ measure: PaperCell.Measure, _ results: [RunResult], _ recipe: String, folder: String, hash: String
    ) {
        let values = results.map { measure.value(of: $0) }
        guard let first = results.first, let summary = Summary(ofAll: values) else { return nil }
        self.recipe = recipe
        self.folder = folder
        dataName = first.dataName
        (mean, deviation, seeds) = (summary.mean, summary.standardDeviation, summary.count)
        isCurrent = results.allSatisfy { $0.protocolHash == hash }
    }
}

extension PaperCell.Measure {
    /// The number of a result, in the unit that the paper prints; nil where it has none.
    fileprivate func value(of result: RunResult) -> Double? {
        switch self {
        case .error: result.scores[.testError].map { 100 * $0 }
        case .probe(let labels): result.probes?.first { $0.labels == labels }.map { 100 * $0.error }
        case .pretrainedFlow: result.pretrainedBitsPerDim
        case .score(let metric): result.scores[metric].map { metric.unit.scale * $0 }
        case .picture: nil
        }
    }

    fileprivate var decimals: Int {
        switch self {
        case .error, .probe, .picture: 2
        case .pretrainedFlow: Metric.flowBitsPerDim.decimals
        case .score(let metric): metric.decimals
        }
    }
}

// MARK: - Text

extension PaperCoverage: WrittenTable {
    /// A sentence with the counts.
    public var summary: String {
        let made = entries.count { $0.isMade }
        let ready = entries.count { !$0.isMade && $0.hasRecipe }
        return
            "Of \(entries.count) cells and figures of the paper \(made) have a number or a picture that was made here, "
            + "\(ready) have a recipe, but no number or picture made here, and \(entries.count - made - ready) have none."
    }

    private static let note =
        "Numbers made here are of other data, or of smaller networks, than the paper's, as the column beside them says: they are not to be "
        + "compared with the paper's. They are means over seeds with the sample standard deviation. An asterisk marks results of an "
        + "earlier version of the recipe."

    /// A section a table of the paper.
    public var markdown: String {
        let head = ["# What is done of the paper", "", summary + " " + Self.note, ""]
        let sections = places.flatMap { place, entries -> [String] in
            let rows = entries.map { row(cells($0, isMarkdown: true)) }
            return ["## \(place)", "", row(Self.titles), row(Self.titles.map { _ in "---" })] + rows + [""]
        }
        return (head + sections).joined(separator: "\n")
    }

    public func terminal(width: Int) -> String {
        places.map { place, entries in
            let rows = entries.map { cells($0, isMarkdown: false) }
            let columns = Self.titles.indices.map { column in
                TextTable.Column(
                    title: Self.titles[column], isNumeric: column == 2, cells: rows.map { $0[column] })
            }
            return TextTable(columns: columns).text(title: place, caption: "", width: width)
        }.joined(separator: "\n") + "\n\(summary) \(Self.note)\n"
    }

    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

    private static let titles = [
        "row", "column", "the paper", "recipe at its size", "recipes here", "made here",
    ]

    private var places: [(place: String, entries: [Entry])] {
        unique(entries.map(\.cell.place)).map { place in
            (place, entries.filter { $0.cell.place == place })
        }
    }

    private func cells(_ entry: Entry, isMarkdown: Bool) -> [String] {
        func code(_ text: String) -> String { isMarkdown ? "`\(text)`" : text }
        let cell = entry.cell
        let words = [
            cell.row, cell.column, cell.printed, cell.recipe.map(code) ?? cell.missing ?? "",
            cell.here.map(code).joined(separator: ", "), made(entry, isMarkdown: isMarkdown),
        ]
        return words.map { $0.isEmpty ? "–" : $0 }
    }

    private func made(_ entry: Entry, isMarkdown: Bool) -> String {
        if case .picture(let path?) = entry.cell.measure {
            return isMarkdown ? "[picture](../\(path))" : path
        }
        return entry.figures.map { figure in
            let decimals = entry.cell.measure.decimals
            let spread = figure.deviation.map { " ± \(fixed($0, decimals))" } ?? ""
            let number = fixed(figure.mean, decimals) + spread + (figure.isCurrent ? "" : "*")
            let link = isMarkdown ? "[\(number)](../\(figure.folder))" : number
            return "\(link) (\(figure.dataName), \(figure.seeds == 1 ? "1 seed" : "\(figure.seeds) seeds"))"
        }.joined(separator: ", ")
    }
}
