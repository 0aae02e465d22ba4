import BuiltInRecipes

/// One recipe or table of the program itself, as `fce recipe list` shows it.
public struct BuiltInRecipe: Sendable, Equatable, Encodable {
    public enum Kind: String, Sendable, Encodable {
        /// What `fce train` takes.
        case recipe
        /// What `fce reproduce` takes.
        case table
        /// What recipes extend; it names no method.
        case base
    }

    /// Folder and name, such as `svhn10k/500-fce`.
    public let name: String
    /// What commands take, such as `builtin:svhn10k/500-fce`.
    public let path: String
    public let kind: Kind
    /// What it is, in a sentence from the file's head.
    public let summary: String

    /// All of them, sorted by name.
    public static let all = BuiltInRecipes.files.map(BuiltInRecipe.init(file:text:)).sorted {
        $0.name < $1.name
    }

    private init(file: String, text: String) {
        name = String(file.dropLast(".toml".count))
        path = RecipeLocation.scheme + name
        summary = RecipeHeader.summary(of: RecipeHeader.text(of: Array(text.utf8)))
        kind =
            if name.hasSuffix("base") { .base } else if RecipeLocation.isTable(path) { .table } else {
                .recipe
            }
    }

    /// The folder part of the name.
    public var folder: String { name.split(separator: "/").first.map(String.init) ?? "" }
}
