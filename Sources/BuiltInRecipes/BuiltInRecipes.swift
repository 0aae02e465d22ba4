/// The recipes and tables of the package's folder `Recipes`, which the build puts into the program.
///
/// `files` holds the text of every file by its path in that folder, such as `svhn10k/500-fce.toml`. The plugin
/// `EmbedRecipes` writes it.
public enum BuiltInRecipes {}
