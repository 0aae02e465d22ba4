import ArgumentParser
import EnergyModels
import Experiments
import Probes
import Reports
import Tensors

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "Check, show and explain recipes.",
        subcommands: [Check.self, Show.self, Keys.self])

    /// `--set`, as the subcommands take it.
    struct Overrides: ParsableArguments {
        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: ArgumentHelp("Change a key; may be repeated.", valueName: "key=value"))
        var overrides: [String] = []
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read recipes and tables of them strictly and say what they would do.",
            discussion: """
                Example:
                  fce recipe check Recipes/svhn10k/*00-*.toml

                Every error names file and line, and the nearest key that exists. Nothing
                but the recipes is read.
                """)

        @Argument(help: "Recipes and tables.", completion: .file(extensions: ["toml"]))
        var files: [String]

        @OptionGroup var overrides: Overrides

        func run() throws {
            var worst: UserError?
            for file in files {
                do {
                    if TableFile.isTable(file) {
                        show(try table(file))
                    } else {
                        show(try Recipe.load(file, overrides: overrides.overrides), file)
                    }
                } catch let error as UserError {
                    Console.error("fce: error: \(error)")
                    worst = worst ?? error
                }
            }
            if let worst { throw ExitCode(worst.kind.rawValue) }
        }

        /// A table whose rows are sound.
        private func table(_ file: String) throws -> TableFile {
            let table = try TableFile.load(file)
            var options = TableOptions()
            options.overrides = overrides.overrides
            _ = try TableCells(table, options)
            return table
        }

        private func show(_ table: TableFile) {
            print(table.path)
            let seeds = table.seeds.map(String.init).joined(separator: ", ")
            let labels = table.labels.map { $0 == 0 ? "all" : String($0) }.joined(separator: ", ")
            Console.printPairs(
                [
                    ("  title", table.title), ("  seeds", seeds), ("  results", table.results),
                    ("  flow", table.flowPerSeed ? "one for each seed" : "one for all seeds"),
                    ("  rows", table.recipes.joined(separator: ", ")),
                ] + (labels.isEmpty ? [] : [("  labels", labels)]))
        }

        private func show(_ recipe: Recipe, _ file: String) {
            print(file)
            let data = recipe.data
            Console.printPairs([
                ("  name", "\(recipe.name), method \(recipe.method.rawValue), seed \(recipe.seed)"),
                ("  hash", "\(recipe.hash.prefix(12)), protocol \(recipe.protocolHash.prefix(12))"),
                ("  data", "\(data.name), \(labels(data)), \(data.validation) held out"),
                ("  energy", "\(recipe.energy.networkTitle), base \(recipe.energy.base.rawValue)"),
            ])
            var total = 0.0
            for (index, phase) in recipe.phases.enumerated() {
                let operations = recipe.operations(of: phase, extents: recipe.extents)
                total += operations
                print(
                    "  phase \(index + 1)  \(phase.kind.rawValue), \(phase.steps) steps\(batches(phase, of: recipe)), "
                        + petaflop(operations))
            }
            if !recipe.probe.labels.isEmpty { print("  probe    \(numbers(of: recipe.probe))") }
            print("  cost     \(petaflop(total)): \(duration(total / 500e9)) at 500 GFLOP/s (fce doctor)")
        }

        private func numbers(of probe: ProbeRecipe) -> String {
            let labels = probe.labels.map { $0 == 0 ? "all" : String($0) }.joined(separator: ", ")
            return "\(probe.classifier.rawValue), \(labels) labels, \(probe.draws) draws, "
                + "\(probe.holdOut) held out"
        }

        private func labels(_ data: DataRecipe) -> String {
            data.allLabels ? "all labels" : "\(data.labels) labels"
        }

        private func petaflop(_ operations: Double) -> String {
            "\(Console.fixed(operations / 1e15, operations < 1e16 ? 2 : 1)) PFLOP"
        }

        private func batches(_ phase: PhaseRecipe, of recipe: Recipe) -> String {
            let hasLabels = phase.kind.takesLabels && recipe.data.labels > 0
            let labelled = hasLabels ? " + \(phase.labelledBatch) labelled" : ""
            return phase.kind == .supervised
                ? ", batches of \(phase.labelledBatch) labelled" : ", batches of \(phase.batch)\(labelled)"
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a recipe with nothing inherited and every default filled in.",
            discussion: """
                Example:
                  fce recipe show Recipes/svhn10k/500-fce.toml --set energy.pooling=max
                """)

        @Argument(help: "The recipe.", completion: .file(extensions: ["toml"]))
        var file: String

        @OptionGroup var overrides: Overrides

        func run() throws {
            print(try Recipe.load(file, overrides: overrides.overrides).canonical, terminator: "")
        }
    }

    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain every key of a recipe.",
            discussion: """
                Example:
                  fce recipe keys phase.optimizer
                """)

        @Argument(help: "Only keys that begin with this.")
        var prefix: String?

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() throws {
            let keys = Recipe.keys.filter { $0.path.hasPrefix(prefix ?? "") }
            guard !keys.isEmpty else {
                throw ValidationError("No key begins with `\(prefix ?? "")`; `fce recipe keys` lists all.")
            }
            if json { return try Console.printJSON(keys) }
            for key in keys {
                print("\(key.path)\n    \(key.summary)\n    \(key.type); default: \(key.defaultValue)")
            }
        }
    }
}
