import ArgumentParser
import Methods
import Recipes
import Schemas
import Training

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "List, check, show and explain recipes.",
        subcommands: [List.self, Check.self, Show.self, Keys.self])

    /// `--set`, as the subcommands take it.
    struct Overrides: ParsableArguments {
        /// How `--set` names one of several phases, for help.
        static let phaseNames =
            "(one of a phase by the phase's kind or number: phase.joint.steps=100, phase.3.steps=100); may be repeated."

        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: ArgumentHelp(
                "Change a key \(Self.phaseNames)", valueName: "key=value"))
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
                Examples:
                  fce recipe keys phase.optimizer
                  fce recipe keys vat

                Keys of phases are written in a [[phase]] of the file. --set names the phase by
                its kind, where only one is of it, or by its number from 1:
                  fce train recipe.toml --set phase.joint.steps=100 --set phase.1.batch=32
                """)

        @Argument(help: "Only keys that begin with this.")
        var prefix: String?

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() throws {
            let keys = Recipe.keys.filter { $0.path.hasPrefix(Self.withoutPhaseName(prefix ?? "")) }
            guard !keys.isEmpty else {
                throw ValidationError("No key begins with `\(prefix ?? "")`; `fce recipe keys` lists all.")
            }
            if json { return try Console.printJSON(keys) }
            if keys.contains(where: { $0.path.hasPrefix("phase.") }) {
                print(
                    "Keys of phases: --set phase.KIND.key=value or phase.NUMBER.key=value, numbers from 1.\n")
            }
            for key in keys {
                print("\(key.path)\n    \(key.summary)\n    \(key.type); default: \(key.defaultValue)")
            }
        }

        /// `phase.steps` for `phase.2.steps` or `phase.joint.steps`, as `--set` takes them.
        private static func withoutPhaseName(_ key: String) -> String {
            var parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 1, parts[0] == "phase",
                Int(parts[1]) != nil || Phases.kinds.contains(parts[1])
            else { return key }
            parts.remove(at: 1)
            return parts.joined(separator: ".")
        }
    }
}
