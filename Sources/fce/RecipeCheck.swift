import ArgumentParser
import Costs
import Recipes
import Runs
import System
import Tables
import Tensors
import Training

extension RecipeCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read recipes and tables of them strictly and say what they would do.",
            discussion: """
                Examples:
                  fce recipe check Recipes/svhn10k/*00-*.toml
                  fce recipe check Recipes/fashion-mnist/table-100.toml --json

                Every error names file and line, and the nearest key that exists. Where the data
                are, they are read and split as for training, so that whatever training would
                refuse is refused here; --no-read leaves them alone.

                The cost is how long training takes on this machine, from reading the data to
                the report. Each phase makes a few of its own updates for that, on generated
                images: about two seconds for a recipe. The speeds are kept for a month, by the
                settings that decide them, in ~/.cache/fce (or below $XDG_CACHE_HOME). Of a
                table it is the cost of all cells, one after the other, where flows and first
                phases that cells share are trained once. --no-measure counts operations only.

                --ranks N predicts N machines like this one by `fce train --ranks N`, over networks
                of 10, 25 and 100 gigabits. The prediction assumes that 5 % of an update are not
                divided, and that gradients are summed after it. It was not tried on a network.
                """)

        @Argument(help: "Recipes and tables, also built-in ones.", completion: .file(extensions: ["toml"]))
        var files: [String]

        @OptionGroup var overrides: Overrides

        @Option(help: ArgumentHelp("Where the data are, in place of data.directory.", valueName: "dir"))
        var data: String?

        @Flag(
            inversion: .prefixedNo, help: "Read the data where they are, and check the recipe against them.")
        var read = true

        @OptionGroup var threadOptions: ThreadOptions

        @Flag(inversion: .prefixedNo, help: "Measure this machine's speed for the cost.")
        var measure = true

        @Option(
            help: ArgumentHelp(
                "Predict also what so many ranks would take, each like this machine.", valueName: "n"))
        var ranks: Int?

        @Flag(help: "Print a JSON array with an object for each file.")
        var json = false

        func validate() throws {
            if let ranks, !(2...4096).contains(ranks) { throw ValidationError("--ranks takes 2 to 4096.") }
        }

        func run() throws {
            let costs = CheckedCosts(threads: threadOptions.threads, isMeasured: measure)
            var worst: UserError?
            var records: [CheckRecord] = []
            for file in files {
                do {
                    let record = try check(file, costs)
                    if json { records.append(record) } else { record.printText() }
                } catch let error as UserError {
                    Console.error("fce: error: \(error)")
                    worst = worst ?? error
                }
            }
            if json { try Console.printJSON(records) }
            if let worst { throw ExitCode(worst.kind.rawValue) }
        }

        private func check(_ file: String, _ costs: CheckedCosts) throws -> CheckRecord {
            guard RecipeLocation.isTable(file) else {
                var recipe = try Recipe.load(file, overrides: overrides.overrides)
                if let data { recipe = try recipe.readingData(in: data) }
                let checked = read ? try CheckedData(recipe) : nil
                if let ranks { try recipe.expectDivisible(ranks: ranks) }
                let cost = try costs.cost(of: recipe)
                let rankCost = try ranks.flatMap { try RankCost(cost.value, of: recipe, ranks: $0) }
                return .recipe(RecipeCheckRecord(file, recipe, cost, checked, rankCost))
            }
            guard ranks == nil else {
                throw ValidationError("--ranks is for recipes, not for tables: \(file)")
            }
            let table = try TableFile.load(file)
            var options = TableOptions()
            options.overrides = overrides.overrides
            options.data = data
            // Reads the rows: a table whose recipes are wrong is wrong.
            let cells = try TableCells(table, options)
            let checked = read ? try CheckedData(cells) : nil
            return .table(TableCheckRecord(cells, try costs.cost(of: cells), checked))
        }
    }
}

/// What `fce recipe check` says of a file.
enum CheckRecord: Encodable {
    case recipe(RecipeCheckRecord)
    case table(TableCheckRecord)

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .recipe(let record): try record.encode(to: encoder)
        case .table(let record): try record.encode(to: encoder)
        }
    }

    func printText() {
        switch self {
        case .recipe(let record): record.printText()
        case .table(let record): record.printText()
        }
    }
}
