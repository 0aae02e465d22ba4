import EnergyModels
import Flows
import Networks
import System
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

private let sample = """
    # A table.
    title = "Small"
    seeds = [4, 2]
    recipes = [
        "small.toml",
        "other.toml",
    ]

    """

@Suite struct TableFileTests {
    /// A folder `tables` with two recipes and the sample with `old` replaced by `new`.
    private func withTable(_ old: String = "", _ new: String = "", _ body: (String) throws -> Void) throws {
        try withScratch { folder in
            try write(smallRecipe, to: "\(folder)/small.toml")
            try write(smallRecipe, to: "\(folder)/other.toml")
            #expect(old.isEmpty || sample.contains(old))
            let text = old.isEmpty ? sample : sample.replacing(old, with: new, maxReplacements: 1)
            try write(text, to: "\(folder)/table-1.toml")
            try body("\(folder)/table-1.toml")
        }
    }

    @Test func aTableIsRead() throws {
        try withTable { path in
            let table = try TableFile.load(path)
            #expect(table.title == "Small" && table.seeds == [4, 2] && !table.flowPerSeed)
            #expect(table.recipes == ["small.toml", "other.toml"])
            let folder = path.split(separator: "/").dropLast().last.map(String.init) ?? ""
            #expect(table.results == "Results/\(folder)-table-1")
            #expect(RecipeLocation.isTable(path))
        }
        try withTable("title", "results = \"R\"\nflow-per-seed = true\ntitle") { path in
            let table = try TableFile.load(path)
            #expect(table.results == "R" && table.flowPerSeed)
        }
    }

    @Test(arguments: [
        ("seeds", "seed", ":3", "unknown key `seed`", "did you mean `seeds`?"),
        ("title =", "tilte =", ":2", "unknown key `tilte`", "did you mean `title`?"),
        ("title = \"Small\"", "", "", "`title` is missing", "what stands above the table"),
        ("[4, 2]", "[4, 4]", ":3", "a seed is listed twice", "list each once"),
        (
            "title", "flow-per-seed = true\nflow-seeds = [1, 2]\ntitle", ":3",
            "flow-per-seed and flow-seeds contradict each other", "leave one of them out"
        ),
        (
            "title", "split-seeds = [0]\ntitle", ":2",
            "`split-seeds` takes an array of integers, each from 1 to 4294967296, not an array of 1", nil
        ),
        ("[4, 2]", "[]", ":3", "no seeds", "list at least one"),
        (
            "[4, 2]", "[4, -1]", ":3",
            "`seeds` takes an array of integers, each from 0 to 4294967296, not an array of 2", nil
        ),
        ("other", "small", ":6", "small.toml is listed twice", "a recipe is one row"),
        ("title", "steps = 3\ntitle", ":2", "unknown key `steps`", nil),
    ])
    func whatIsWrongHasLineAndRemedy(
        old: String, new: String, line: String, what: String, advice: String?
    ) throws {
        try withTable(old, new) { path in
            let error = #expect(throws: UserError.self) { try TableFile.load(path) }
            #expect(error?.kind == .recipe && error?.place == path + line)
            #expect(error?.what == what)
            if let advice { #expect(error?.advice == advice) }
        }
    }

    @Test func aMissingRecipeIsNamedAtItsLine() throws {
        try withTable("other.toml", "none.toml") { path in
            let error = #expect(throws: UserError.self) { try TableFile.load(path) }
            #expect(error?.kind == .missing && error?.place == path + ":6")
            #expect(error?.what.hasSuffix("none.toml") == true)
        }
    }

    @Test func cellsAreSeedsTimesRecipes() throws {
        try withTable("title", "flow-per-seed = true\ntitle") { path in
            var options = TableOptions()
            options.results = "R"
            options.data = "D"
            let cells = try TableCells(try TableFile.load(path), options)
            #expect(cells.cells.map(\.seed) == [4, 4, 2, 2])
            #expect(cells.cells.allSatisfy { $0.recipe.flow.seed == $0.seed })
            #expect(cells.cells[1].record == "R/other-seed-4.json")
            #expect(cells.cells[1].run.path.hasSuffix("-other/seed-4"))
            #expect(cells.title == "Small")
            let words = cells.cells[1].arguments(options, flowPerSeed: true, origin: "O")
            let expected = [
                "train", cells.cells[1].file, "--seed", "4", "--resume", "--out",
                cells.cells[1].run.path, "--flows", "Runs/flows", "--from", "O", "--data", "D", "--set",
                "flow.seed=4",
            ]
            #expect(words == expected)
        }
    }

    @Test func seedsOfSplitAndFlowAreRows() throws {
        try withTable("title", "split-seeds = [1, 3]\nflow-seeds = [2, 5]\ntitle") { path in
            let cells = try TableCells(try TableFile.load(path), TableOptions())
            #expect(cells.cells.count == 2 * 2 * 2 * 2)
            let first = cells.cells.prefix(4).map { ($0.recipe.data.splitSeed, $0.recipe.flow.seed) }
            #expect(first.map(\.0) == [1, 1, 3, 3] && first.map(\.1) == [2, 5, 2, 5])
            #expect(cells.recipes[1].name.hasSuffix("small-split-1-flow-5"))
            #expect(Set(cells.recipes.prefix(4).map(\.protocolHash)).count == 1)
            // A worker that is told so trains the same recipe.
            for cell in cells.cells {
                let seed = "seed=\(cell.seed)"
                let worker = try Recipe.load(cell.file, overrides: cell.overrides + [seed])
                #expect(worker.hash == cell.recipe.hash && worker.name == cell.recipe.name)
            }
        }
    }

    @Test func theCommandLineChangesEveryRecipe() throws {
        try withTable { path in
            var options = TableOptions()
            options.overrides = ["energy.pooling=mean", "energy.slope=0.1"]
            let table = try TableFile.load(path)
            let cells = try TableCells(table, options)
            #expect(cells.title == "Small, energy.pooling=mean, energy.slope=0.1")
            #expect(cells.recipes.allSatisfy { $0.energy.pooling == .mean && $0.energy.slope == 0.1 })
            let words = cells.cells[1].arguments(options, flowPerSeed: false, origin: nil)
            #expect(words.suffix(4) == ["--set", "energy.pooling=mean", "--set", "energy.slope=0.1"])
            // A default that is stated is no change: results without it are the table's.
            options.overrides = ["energy.pooling=max"]
            #expect(try TableCells(table, options).recipes == TableCells(table, .init()).recipes)
        }
    }

    @Test func recipesOfOneNameAreRefused() throws {
        try withTable { path in
            let folder = String(path.dropLast("/table-1.toml".count))
            try write("name = \"x/small\"\n" + smallRecipe, to: "\(folder)/other.toml")
            let error = #expect(throws: UserError.self) { try TableCells(try TableFile.load(path), .init()) }
            #expect(error?.what == "small.toml and other.toml are both called small")
        }
    }

    @Test func tablesOfThePackageAreValid() throws {
        for file in ["svhn10k/table-500.toml", "fashion-mnist/table-100.toml"] {
            let cells = try TableCells(try TableFile.load("\(package)/Recipes/\(file)"), .init())
            #expect(cells.cells.count == 5 * cells.recipes.count && cells.recipes.count > 2)
        }
    }
}
