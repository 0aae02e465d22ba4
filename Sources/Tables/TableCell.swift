import Flows
import Foundation
import Recipes
import Runs
import System
import Tensors
import Training

/// One recipe of a table with one seed: one run, and one committed result.
public struct TableCell: Sendable, Equatable {
    /// The recipe as it is trained: with the cell's seed and flow, and cut down in a smoke run.
    public let recipe: Recipe
    /// The recipe's file.
    public let file: String
    /// What the table changes of it, as `--set` takes it.
    public let overrides: [String]
    /// The run directory.
    public let run: RunFiles
    /// The committed copy of the run's `result.json`.
    public let record: String

    public var seed: Int { recipe.seed }
    /// `svhn10k/500-fce, seed 1`.
    public var label: String { "\(recipe.name), seed \(seed)" }
    /// What the worker and whatever it starts print.
    public var log: String { run.file("train.log") }

    public init(recipe: Recipe, file: String, overrides: [String] = [], run: RunFiles, record: String) {
        self.recipe = recipe
        self.file = file
        self.overrides = overrides
        self.run = run
        self.record = record
    }

    public static func == (first: TableCell, second: TableCell) -> Bool {
        first.recipe == second.recipe && first.run.path == second.run.path && first.record == second.record
    }
}

/// The places where a table's cells are trained and kept, and the changes that the command line makes to them.
public struct TableOptions: Sendable {
    /// Run directories, `RECIPE/seed-N`, and trained flows lie here.
    public var runs = "Runs"
    /// Committed results; nil: where the table says.
    public var results: String?
    /// Seeds that replace the table's.
    public var seeds: [Int]?
    /// A folder that replaces `data.directory`.
    public var data: String?
    /// What is changed of every recipe, as `--set` takes it.
    public var overrides: [String] = []
    /// Whether workers log each line of metrics.
    public var isVerbose = false
    /// What precision "auto" of recipes means; nil: what each machine computes fastest.
    public var precision: Precision?
    /// Cut every recipe down to seconds.
    public var isSmoke = false

    public init() {}

    public var flows: String { "\(runs)/flows" }
}

/// A table's recipes, resolved, and its cells.
public struct TableCells: Sendable {
    public let table: TableFile
    public var options: TableOptions
    public let results: String
    /// The rows' recipes with the table's first seed.
    public let recipes: [Recipe]
    /// All recipes of the first seed, then of the next: an early table has all of its rows.
    public let cells: [TableCell]

    /// Reads the recipes of `table`.
    ///
    /// - Parameters:
    ///   - table: the file.
    ///   - options: what the user asked for.
    ///   - dataIsPresent: for a smoke run, which generates images in place of missing ones.
    /// - Throws: `UserError` as reading recipes does, and `.recipe` when two recipes have one name.
    public init(_ table: TableFile, _ options: TableOptions, dataIsPresent: Bool = true) throws {
        self.table = table
        self.options = options
        let results = options.results ?? table.results
        self.results = results
        let rows = try table.rows(options.overrides).map { row in
            var row = row
            if let folder = options.data { row.recipe = try row.recipe.readingData(in: folder) }
            if options.isSmoke { row.recipe = row.recipe.smoke(dataIsPresent: dataIsPresent).recipe }
            return row
        }
        try Self.checkNames(rows, table)
        recipes = rows.map(\.recipe)
        cells = (options.seeds ?? table.seeds).flatMap { seed in
            rows.map { Self.cell(of: $0, seed: seed, table, options, results) }
        }
    }

    /// What stands above the table; what the command line changes is said there.
    public var title: String {
        options.overrides.isEmpty
            ? table.title : "\(table.title), \(options.overrides.joined(separator: ", "))"
    }

    /// The cell of one of the table's recipes with any seed.
    package func cell(of recipe: Recipe, seed: Int) -> TableCell {
        Self.cell(
            of: TableRow(listed: "", file: "", overrides: [], recipe: recipe), seed: seed, table, options,
            results)
    }

    private static func cell(
        of row: TableRow, seed: Int, _ table: TableFile, _ options: TableOptions, _ results: String
    ) -> TableCell {
        var recipe = row.recipe
        recipe.seed = seed
        if table.flowPerSeed { recipe.flow.seed = seed }
        let run = "\(options.runs)/\(recipe.name.replacing("/", with: "-"))/seed-\(seed)"
        let record = "\(results)/\(stem(recipe))-seed-\(seed).json"
        return TableCell(
            recipe: recipe, file: row.file, overrides: row.overrides, run: RunFiles(path: run), record: record
        )
    }

    /// The last part of a recipe's name, which names its results.
    package static func stem(_ recipe: Recipe) -> String {
        recipe.name.split(separator: "/").last.map(String.init) ?? recipe.name
    }

    private static func checkNames(_ rows: [TableRow], _ table: TableFile) throws {
        var files: [String: String] = [:]
        for row in rows {
            let (file, stem) = (row.listed, stem(row.recipe))
            guard let other = files.updateValue(file, forKey: stem) else { continue }
            throw UserError(
                .recipe, "\(other) and \(file) are both called \(stem)", at: table.path,
                advice: "give one of them another `name`")
        }
    }
}

/// One row of a table: a recipe, with a number of labels where the table says.
package struct TableRow {
    /// The recipe as the table lists it, and its path.
    package let listed: String
    package let file: String
    /// Changes, as `--set` takes them.
    package let overrides: [String]
    package var recipe: Recipe
}

extension TableFile {
    /// The recipes of the rows, changed by `common`: a recipe with labels once for each of ``labels``, and each once for every
    /// combination of ``splitSeeds`` and ``flowSeeds``.
    package func rows(_ common: [String]) throws -> [TableRow] {
        try recipes.flatMap { listed in
            let file = path(of: listed)
            let recipe = try Recipe.load(file, overrides: common)
            let counts = recipe.data.hasLabels && !labels.isEmpty ? labels.map(Self.labels) : [("", [])]
            let variants = [
                counts, Self.each(splitSeeds, "split", "data.split-seed"),
                Self.each(flowSeeds, "flow", "flow.seed"),
            ].reduce([Variant("", [])]) { made, next in
                made.flatMap { one in next.map { (one.suffix + $0.suffix, one.changes + $0.changes) } }
            }
            return try variants.map { variant in
                guard !variant.changes.isEmpty else {
                    return TableRow(listed: listed, file: file, overrides: common, recipe: recipe)
                }
                let overrides = common + ["name=\"\(recipe.name)\(variant.suffix)\""] + variant.changes
                return TableRow(
                    listed: listed, file: file, overrides: overrides,
                    recipe: try Recipe.load(file, overrides: overrides))
            }
        }
    }

    /// What tells a row from others of its recipe: the end of its name, and changes as `--set` takes them.
    private typealias Variant = (suffix: String, changes: [String])

    private static func labels(_ count: Int) -> Variant {
        ("-\(count == 0 ? "all" : String(count))", ["data.labels=\(count)", "data.all-labels=\(count == 0)"])
    }

    private static func each(_ seeds: [Int], _ word: String, _ key: String) -> [Variant] {
        seeds.isEmpty ? [("", [])] : seeds.map { ("-\(word)-\($0)", ["\(key)=\($0)"]) }
    }
}
