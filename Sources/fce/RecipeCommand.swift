import ArgumentParser
import Experiments

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "List, check, show and explain recipes.",
        subcommands: [List.self, Check.self, Show.self, Keys.self])

    /// `--set`, as the subcommands take it.
    struct Overrides: ParsableArguments {
        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: ArgumentHelp("Change a key; may be repeated.", valueName: "key=value"))
        var overrides: [String] = []
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a recipe with nothing inherited and every default filled in.",
            discussion: """
                Example:
                  fce recipe show Recipes/svhn10k/500-fce.toml --set energy.pooling=max
                """)

        @Argument(help: "The recipe, a TOML file or builtin:NAME.", completion: .file(extensions: ["toml"]))
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
