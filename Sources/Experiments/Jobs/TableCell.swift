import Foundation
import Tensors

/// One recipe of a table with one seed: one run, and one committed result.
public struct TableCell: Sendable, Equatable {
    /// As it is trained: with the cell's seed and flow, and cut down in a smoke run.
    public let recipe: Recipe
    /// The recipe's file.
    public let file: String
    /// The run directory.
    public let run: RunFiles
    /// The committed copy of the run's `result.json`.
    public let record: String

    public var seed: Int { recipe.seed }
    /// `svhn10k/500-fce, seed 1`.
    public var label: String { "\(recipe.name), seed \(seed)" }
    /// What the worker and whatever it starts print.
    public var log: String { run.file("train.log") }

    public init(recipe: Recipe, file: String, run: RunFiles, record: String) {
        self.recipe = recipe
        self.file = file
        self.run = run
        self.record = record
    }

    public static func == (first: TableCell, second: TableCell) -> Bool {
        first.recipe == second.recipe && first.run.path == second.run.path && first.record == second.record
    }
}

/// Where a table's cells are trained and kept, and what the command line changes of them.
public struct TableOptions: Sendable {
    /// Run directories, `RECIPE/seed-N`, and trained flows lie here.
    public var runs = "Runs"
    /// Committed results; nil: where the table says.
    public var results: String?
    /// In place of the table's seeds.
    public var seeds: [Int]?
    /// In place of `data.directory`.
    public var data: String?
    /// Cut every recipe down to seconds.
    public var isSmoke = false

    public init() {}

    public var flows: String { "\(runs)/flows" }
}

/// A table's recipes, resolved, and its cells.
public struct TableCells: Sendable {
    public let table: TableFile
    public let options: TableOptions
    public let results: String
    /// The rows' recipes with the table's first seed.
    public let recipes: [Recipe]
    /// All recipes of the first seed, then of the next: an early table has all of its rows.
    public let cells: [TableCell]

    /// Reads the recipes of `table`.
    ///
    /// - Parameter dataIsPresent: for a smoke run, which generates images in place of missing ones.
    /// - Throws: `UserError` as reading recipes does, and `.recipe` when two recipes have one name.
    public init(_ table: TableFile, _ options: TableOptions, dataIsPresent: Bool = true) throws {
        self.table = table
        self.options = options
        let results = options.results ?? table.results
        self.results = results
        let files = table.recipes.map(table.path(of:))
        let recipes = try files.map { file in
            var recipe = try Recipe.load(file)
            if let folder = options.data { recipe = try recipe.readingData(in: folder) }
            return options.isSmoke ? recipe.smoke(dataIsPresent: dataIsPresent).recipe : recipe
        }
        try Self.checkNames(recipes, table)
        self.recipes = recipes
        cells = (options.seeds ?? table.seeds).flatMap { seed in
            zip(recipes, files).map { Self.cell(of: $0, file: $1, seed: seed, table, options, results) }
        }
    }

    /// The cell of one of the table's recipes with any seed.
    func cell(of recipe: Recipe, seed: Int) -> TableCell {
        Self.cell(of: recipe, file: "", seed: seed, table, options, results)
    }

    private static func cell(
        of recipe: Recipe, file: String, seed: Int, _ table: TableFile, _ options: TableOptions,
        _ results: String
    ) -> TableCell {
        var recipe = recipe
        recipe.seed = seed
        if table.flowPerSeed { recipe.flow.seed = seed }
        let run = "\(options.runs)/\(recipe.name.replacing("/", with: "-"))/seed-\(seed)"
        let record = "\(results)/\(stem(recipe))-seed-\(seed).json"
        return TableCell(recipe: recipe, file: file, run: RunFiles(path: run), record: record)
    }

    /// The last part of a recipe's name, which names its results.
    static func stem(_ recipe: Recipe) -> String {
        recipe.name.split(separator: "/").last.map(String.init) ?? recipe.name
    }

    private static func checkNames(_ recipes: [Recipe], _ table: TableFile) throws {
        var files: [String: String] = [:]
        for (recipe, file) in zip(recipes, table.recipes) {
            guard let other = files.updateValue(file, forKey: stem(recipe)) else { continue }
            throw UserError(
                .recipe, "\(other) and \(file) are both called \(stem(recipe))", at: table.path,
                advice: "give one of them another `name`")
        }
    }
}
