import Schemas
import System
import Training

extension Recipe {
    /// Reads the recipe at `path`, a file or `builtin:FOLDER/NAME`, with everything it extends, and applies `overrides` (`key=value`, as given
    /// to `--set`) in order.
    ///
    /// Throws `UserError(.missing)` for a file that cannot be read and `UserError(.recipe)`, with file, line and
    /// the nearest valid key, for anything in it that is not as it must be.
    public static func load(_ path: String, overrides: [String] = []) throws -> Recipe {
        try Recipe(RecipeSource(RecipeLocation(path)), file: path, overrides: overrides)
    }

    /// Reads a recipe from its text. `file` stands for it in errors, names it, and is what `extends` is
    /// relative to.
    public static func parse(_ text: String, file: String = "recipe", overrides: [String] = []) throws
        -> Recipe
    {
        try Recipe(RecipeSource(text: text, file: file), file: file, overrides: overrides)
    }

    /// Reads a recipe from the bytes of its file.
    package static func parse(_ bytes: [UInt8], file: String) throws -> Recipe {
        try Recipe(RecipeSource(bytes, file: file), file: file, overrides: [])
    }

    private init(_ source: RecipeSource, file: String, overrides: [String]) throws {
        var source = source
        guard source.root["recipes"] == nil || source.root["method"] != nil else {
            throw UserError(
                .recipe, "a table of recipes, not a recipe", at: file, advice: "fce reproduce runs it")
        }
        for assignment in overrides { try source.set(assignment) }
        let cursor = SchemaCursor(source.origins) { Self.keys.map(\.path) }
        self.init()
        name = RecipeLocation(file).title
        try Self.table.decode(.table(source.root), cursor, into: &self)
        header = source.header
        try check(cursor)
    }
}
