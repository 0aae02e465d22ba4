import ArgumentParser
import Recipes

extension RecipeCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the recipes and tables that are built in.",
            discussion: """
                Examples:
                  fce recipe list svhn10k
                  fce train builtin:fashion-mnist/demo
                  fce reproduce builtin:svhn10k/table-500
                  fce recipe show builtin:svhn/500-conv-small-fce-vat

                Every command that takes a recipe takes a built-in one as builtin:NAME, and a
                recipe of your own may begin with extends = "builtin:NAME". A table is for `fce
                reproduce`. A base is only there to be extended. Folders of data in them, such
                as Data/svhn10k, are relative to the working directory.
                """)

        @Argument(help: "Only those whose name begins with this.")
        var prefix: String?

        @Flag(help: "Print a JSON array of name, path, kind and summary.")
        var json = false

        func run() throws {
            let recipes = BuiltInRecipe.all.filter { $0.name.hasPrefix(prefix ?? "") }
            guard !recipes.isEmpty else {
                throw ValidationError(
                    "No built-in recipe begins with `\(prefix ?? "")`; `fce recipe list` lists all.")
            }
            if json { return try Console.printJSON(recipes) }
            for (index, recipe) in recipes.enumerated() {
                if index == 0 || recipes[index - 1].folder != recipe.folder { print("\(recipe.folder)/") }
                let kind = recipe.kind == .recipe ? "" : " (\(recipe.kind.rawValue))"
                print("  \(recipe.name)\(kind)\n      \(recipe.summary)")
            }
        }
    }
}
