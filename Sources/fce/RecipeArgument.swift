import Datasets
import Foundation
import Recipes
import System
import Training

/// The recipe that `fce train` is given, or the one that it writes for a folder of images.
struct RecipeArgument {
    let recipe: Recipe
    /// To print before training.
    let notes: [String]

    init(_ train: Train) throws {
        guard StartingPath.isData(train.recipe) else {
            (recipe, notes) = (try Recipe.load(train.recipe, overrides: train.overrides), [])
            return
        }
        let place = try StartingPath([train.recipe])
        let file = Self.file(for: place, train)
        let starting = try StartingRecipe(at: place, file: file)
        if train.smoke {
            recipe = try Recipe.parse(starting.text, file: file, overrides: train.overrides)
            notes = ["\(place.path): \(starting.facts)"]
        } else if Files.exists(file) {
            recipe = try Recipe.load(file, overrides: train.overrides)
            try Self.expect(recipe, in: file, toBeOf: starting)
            notes = ["\(file) is the recipe for \(place.path)"]
        } else {
            if let folder = Self.folder(of: file) { try Files.makeFolder(folder) }
            try starting.write(to: file)
            recipe = try Recipe.load(file, overrides: train.overrides)
            notes = ["\(place.path): \(starting.facts)", "wrote \(file), a recipe for it that says why"]
        }
    }

    /// Beside the run directory.
    private static func file(for place: StartingPath, _ train: Train) -> String {
        guard let out = train.out, let end = out.lastIndex(where: { $0 != "/" }) else {
            return "Runs/\(place.name).toml"
        }
        return out[...end] + ".toml"
    }

    private static func folder(of file: String) -> String? {
        file.lastIndex(of: "/").map { String(file[..<$0]) }
    }

    /// Refuses a recipe that was written for other images: what the user changed in it is welcome.
    private static func expect(_ recipe: Recipe, in file: String, toBeOf starting: StartingRecipe) throws {
        let path = starting.choices.data.path
        guard Files.same(recipe.data.directory, path) else {
            throw UserError(
                .recipe, "is the recipe of \(recipe.data.directory), not of \(path)", at: file,
                advice: "choose another --out")
        }
        let text = String(decoding: try Files.read(file), as: UTF8.self)
        guard let before = StartingRecipe.facts(in: text), before != starting.facts else { return }
        throw UserError(
            .recipe,
            "the images have changed since this recipe was written: then \(before); now \(starting.facts)",
            at: file, advice: "choose another --out to train on what is there now")
    }
}
