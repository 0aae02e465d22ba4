import Recipes
import Schemas
import System
import Training

/// A table of results to be made: recipes, which are its rows, and seeds. A small strict TOML file.
public struct TableFile: Sendable, Equatable {
    /// The file, or `builtin:FOLDER/NAME`, as the user named it.
    public private(set) var path = ""
    /// What stands above the table.
    public var title = ""
    public var seeds = [1, 2, 3]
    /// The folder of committed `result.json` files and of the table made of them.
    public var results = ""
    /// The recipes' paths in the order of the rows, relative to the file.
    public var recipes: [String] = []
    /// Numbers of labels, 0 for all: every recipe with labels is a row for each of them, and the table is one of error
    /// against labels. Empty: recipes are rows as they are.
    public var labels: [Int] = []
    /// Seeds of the split: every recipe is a row for each of them. Empty: the split follows the run's seed.
    public var splitSeeds: [Int] = []
    /// Seeds of the flow: every recipe is a row for each of them. Empty: see ``flowPerSeed``.
    public var flowSeeds: [Int] = []
    /// Whether every seed trains a flow of its own; else one flow serves all of them.
    public var flowPerSeed = false

    public init() {}

    /// The keys that a table has, with their meaning.
    public static let keys: [SchemaKey] = table.keys(below: "", examples: [("", TableFile())])

    private static let table = Schema<TableFile>(
        [
            .text("title", \.title, "what stands above the table").required(),
            seedList("seeds", \.seeds, least: 0, "the seeds of every row"),
            .text("results", \.results, "folder of result.json files; by default Results/FOLDER-NAME"),
            .list(
                "recipes", \.recipes, "an array of strings", "the rows' recipes, relative to this file",
                read: { node in
                    guard case .string(let path) = node, !path.isEmpty else { return nil }
                    return path
                },
                write: { .string($0) }
            ).required(),
            .list(
                "labels", \.labels, "an array of integers, each at least 0",
                "in place of data.labels of recipes that have any, a row for each; 0: all labels",
                read: { node in
                    guard case .integer(let count) = node, count >= 0 else { return nil }
                    return count
                },
                write: { .integer($0) }),
            .flag("flow-per-seed", \.flowPerSeed, "every seed trains a flow of its own; else all share one"),
            seedList(
                "split-seeds", \.splitSeeds, least: 1,
                "a row of every recipe for each data.split-seed of these"),
            seedList(
                "flow-seeds", \.flowSeeds, least: 0, "a row of every recipe for each flow.seed of these"),
        ])

    private static func seedList(
        _ name: String, _ path: any WritableKeyPath<TableFile, [Int]> & Sendable, least: Int,
        _ summary: String
    ) -> SchemaField<TableFile> {
        .list(
            name, path, "an array of integers, each from \(least) to \(Recipe.seeds.upperBound)", summary,
            read: { node in
                guard case .integer(let seed) = node, seed >= least, Recipe.seeds.contains(seed) else {
                    return nil
                }
                return seed
            },
            write: { .integer($0) })
    }

    /// Reads the table at `path`; its recipes are not read yet.
    ///
    /// Throws `UserError(.missing)` for a file that cannot be read and `UserError(.recipe)`, with file, line and
    /// the nearest valid key, for anything in it that is not as it must be.
    public static func load(_ path: String) throws -> TableFile {
        try parse(try RecipeLocation(path).contents("the table"), file: path)
    }

    /// The table at `path`, or one of a single row where a recipe lies there.
    /// - Throws: as ``load(_:)`` does.
    public static func ofTableOrRecipe(_ path: String) throws -> TableFile {
        let document = try TOMLDocument(try RecipeLocation(path).contents("the table or recipe"), file: path)
        guard document.root["recipes"] == nil else { return try load(path) }
        var table = TableFile()
        (table.path, table.seeds) = (path, [1])
        table.recipes = [path.split(separator: "/").last.map(String.init) ?? path]
        table.title = RecipeLocation(path).title
        table.results = defaultResults(path)
        return table
    }

    /// Reads a table from its text; `file` stands for it in errors, and is what recipes are relative to.
    package static func parse(_ text: String, file: String) throws -> TableFile {
        try parse(Array(text.utf8), file: file)
    }

    private static func parse(_ bytes: [UInt8], file: String) throws -> TableFile {
        let document = try TOMLDocument(bytes, file: file)
        let root = document.root
        let cursor = SchemaCursor(SchemaOrigins(file: file, lines: document.lines))
        guard root["recipes"] != nil || root["method"] == nil else {
            throw UserError(
                .recipe, "a recipe, not a table of recipes", at: file, advice: "fce train runs it")
        }
        var table = TableFile()
        try Self.table.decode(.table(root), cursor, into: &table)
        table.path = file
        if table.results.isEmpty { table.results = defaultResults(file) }
        try table.check(cursor)
        return table
    }

    /// `Results/FOLDER-NAME` of the table's file.
    private static func defaultResults(_ file: String) -> String {
        "Results/" + RecipeLocation(file).title.replacing("/", with: "-")
    }

    private func check(_ cursor: SchemaCursor) throws {
        func require(_ condition: Bool, _ key: String, _ what: String, _ advice: String) throws {
            if !condition { throw cursor.entering(key).error(what, advice: advice) }
        }
        try require(!seeds.isEmpty, "seeds", "no seeds", "list at least one")
        for (key, list) in [("seeds", seeds), ("split-seeds", splitSeeds), ("flow-seeds", flowSeeds)] {
            try require(Set(list).count == list.count, key, "a seed is listed twice", "list each once")
        }
        try require(
            flowSeeds.isEmpty || !flowPerSeed, "flow-seeds",
            "flow-per-seed and flow-seeds contradict each other",
            "leave one of them out")
        try require(
            Set(labels).count == labels.count, "labels", "a number of labels is listed twice",
            "list each once")
        try require(!recipes.isEmpty, "recipes", "no recipes", "list the rows of the table")
        for (index, recipe) in recipes.enumerated() {
            let place = cursor.entering("recipes").element(index)
            if recipes[..<index].contains(recipe) {
                throw place.error("\(recipe) is listed twice", advice: "a recipe is one row")
            }
            guard RecipeLocation(path).relative(recipe).exists else {
                throw UserError(
                    .missing, "cannot read the recipe \(self.path(of: recipe))", at: place.place,
                    advice: "recipes are relative to the table's file")
            }
        }
    }

    /// The path of a recipe of ``recipes``.
    package func path(of recipe: String) -> String { RecipeLocation(path).relative(recipe).description }
}
