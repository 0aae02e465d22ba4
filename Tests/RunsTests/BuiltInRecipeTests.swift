import BuiltInRecipes
import Foundation
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

@Suite struct BuiltInRecipeTests {
    @Test func everyFileOfTheFolderIsInTheProgram() throws {
        let folder = "\(package)/Recipes"
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".toml")
        }
        #expect(Set(names) == Set(BuiltInRecipes.files.keys))
        for name in names {
            #expect(
                try BuiltInRecipes.files[name] == String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            )
        }
    }

    @Test func aSummaryIsAWholeSentence() {
        #expect(
            RecipeHeader.summary(of: "A GAN (Salimans et al. 2016), eq. 3 of it. More of it.\nPaper: none")
                == "A GAN (Salimans et al. 2016), eq. 3 of it")
        for recipe in BuiltInRecipe.all {
            #expect(!recipe.summary.hasSuffix("et al") && recipe.summary.count > 10, "\(recipe.name)")
            #expect(
                recipe.summary.count { $0 == "(" } == recipe.summary.count { $0 == ")" }, "\(recipe.name)")
        }
    }

    @Test func recipesAreThoseOfTheFiles() throws {
        for recipe in BuiltInRecipe.all where recipe.kind == .recipe {
            let file = try Recipe.load("\(package)/Recipes/\(recipe.name).toml")
            #expect(try Recipe.load(recipe.path) == file)
            #expect(file.name == recipe.name)
        }
        for recipe in BuiltInRecipe.all where recipe.kind == .table {
            let (own, file) = try (
                TableFile.load(recipe.path), TableFile.load("\(package)/Recipes/\(recipe.name).toml")
            )
            #expect(own.results == file.results)
            #expect(try TableCells(own, TableOptions()).cells == TableCells(file, TableOptions()).cells)
        }
    }

    @Test func theirCatalogueSaysWhatTheyAre() throws {
        #expect(BuiltInRecipe.all.map(\.name) == BuiltInRecipe.all.map(\.name).sorted())
        #expect(BuiltInRecipe.all.allSatisfy { $0.summary.count > 10 && !$0.summary.contains("\n") })
        let recipe = try #require(BuiltInRecipe.all.first { $0.name == "svhn10k/500-fce" })
        #expect(recipe.summary == "SVHN-10k, 500 labels, FCE with Conv-small")
        #expect(recipe.folder == "svhn10k")
        #expect(BuiltInRecipe.all.first { $0.name == "svhn10k/500-base" }?.kind == .base)
    }

    @Test func ownRecipesExtendThem() throws {
        try withScratch { folder in
            try write("extends = \"builtin:svhn10k/500-fce\"\nseed = 4", to: "\(folder)/mine.toml")
            var expected = try Recipe.load("builtin:svhn10k/500-fce")
            let recipe = try Recipe.load("\(folder)/mine.toml")
            expected.seed = 4
            expected.name = recipe.name
            (expected.header, expected.report) = (recipe.header, recipe.report)
            #expect(recipe == expected)
            try write("extends = \"builtin:svhn10k/500-fce\"\nenergy.widht = 4", to: "\(folder)/bad.toml")
            let error = #expect(throws: UserError.self) { try Recipe.load("\(folder)/bad.toml") }
            #expect(error?.place == "\(folder)/bad.toml:2")
        }
    }

    @Test func linesOfTheirErrorsAreNamed() {
        let error = #expect(throws: UserError.self) {
            try Recipe.load("builtin:svhn10k/500-fce", overrides: ["energy.classes=3"])
        }
        #expect(error?.place?.hasPrefix("builtin:svhn10k/") == true)
    }

    @Test(arguments: [
        (
            "builtin:svhn10k/500-fec",
            "did you mean builtin:svhn10k/500-fce? `fce recipe list` names all of them"
        ),
        ("builtin:", "`fce recipe list` names all of them"),
        ("builtin:../../etc/passwd", "`fce recipe list` names all of them"),
        ("Recipes/absent/x.toml", "check the path"),
        (
            "elsewhere/fashion-mnist/demo.toml",
            "check the path, or take builtin:fashion-mnist/demo, which is built in"
        ),
    ])
    func missingOnesAreNamed(path: String, advice: String) {
        let error = #expect(throws: UserError.self) { try Recipe.load(path) }
        #expect(error?.kind == .missing)
        #expect(error?.advice == advice)
    }
}
