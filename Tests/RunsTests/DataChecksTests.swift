import Datasets
import EnergyModels
import Foundation
import Schemas
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

/// Runs whose data leave nothing to learn from, and that what their errors advise works.
@Suite struct DataChecksTests {
    /// The error for pictures and a `[data]` section; following its advice, `set KEY = VALUE`, must end it.
    private func failure(
        _ pictures: PictureFolder, _ data: String, classes: Int? = nil, isFollowed: Bool = true
    ) throws -> UserError? {
        try withScratch { folder in
            try pictures.write(to: folder)
            let recipe = try pictures.recipe(folder, data: data, classes: classes)
            let error = #expect(throws: UserError.self) { try ExperimentData(recipe) }
            #expect(error?.kind == .recipe)
            let changes = Advice.changes(error?.advice ?? "")
            #expect(!isFollowed || !changes.isEmpty, "\(error?.description ?? "")")
            guard isFollowed else { return error }
            let changed = try pictures.recipe(folder, data: data, classes: classes, overrides: changes)
            _ = try ExperimentData(changed)
            return error
        }
    }

    @Test func aLimitOnTrainingImagesLeavesThoseThatTheDataHoldOut() {
        let set = ImageDataset(
            name: "a", height: 1, width: 1, channels: 1, classNames: ["a", "b"],
            pixels: [0, 1, 2, 3, 4, 5], labels: [0, 1, 0, 1, 0, 1], heldOut: [1, 4, 5])
        let short = ExperimentData.shortened(set, to: 2)
        #expect(short.pixels == [0, 1, 2, 4, 5] && short.heldOut == [1, 3, 4])
        #expect(ExperimentData.shortened(set, to: 3).sha256 == set.sha256)
        #expect(ExperimentData.shortened(set, to: 0).sha256 == set.sha256)
    }

    @Test func heldOutImagesMustLeaveSomeOfEveryClass() throws {
        let all = try failure(
            PictureFolder(counts: [5, 5, 5], unlabelled: 9), "all-labels = true\nvalidation = 12")
        #expect(
            all?.what
                == "nothing is left to learn class `class0` and 2 others from: all of its 4 labelled images are held out"
        )
        #expect(all?.advice == "set data.validation = 9 or fewer")
        let one = try failure(
            PictureFolder(counts: [2, 30], testCounts: [1, 1]), "all-labels = true\nvalidation = 31")
        #expect(one?.what.contains("class `class0`") == true)
        #expect(
            one?.advice == "set data.validation = 30 or fewer"
                || one?.advice?.hasPrefix("set data.validation = 2") == true)
    }

    @Test func everyClassNeedsATrainingImage() throws {
        let error = try failure(
            PictureFolder(counts: [0, 8], testCounts: [2, 2]), "all-labels = true\nvalidation = 0",
            isFollowed: false)
        #expect(error?.what == "image-folder has no training image of class `class0`")
    }

    @Test func labelsThatAreNotThereAreAnError() throws {
        let error = try failure(
            PictureFolder(counts: [4, 30], testCounts: [2, 2]), "labels = 20\nvalidation = 0",
            isFollowed: false)
        #expect(error?.advice == "ask for 8 labels or fewer, or for fewer validation images")
        let held = try failure(
            PictureFolder(counts: [4, 4], testCounts: [2, 2]), "labels = 2\nvalidation = 8", isFollowed: false
        )
        #expect(held?.advice == "add images of that class, or ask for fewer validation images")
    }

    @Test func numbersOfClassesThatNoRecipeCanHaveAreNotAdvised() throws {
        let three = try failure(
            PictureFolder(counts: [4, 4]), "all-labels = true\nvalidation = 0", classes: 3)
        #expect(three?.advice == "set energy.classes = 2")
        try withScratch { folder in
            for index in 0..<6 {
                try Picture(
                    width: 8, height: 8, channels: 3, pixels: [UInt8](repeating: UInt8(index), count: 192)
                )
                .write(to: "\(folder)/\(index).jpg")
            }
            let recipe = try PictureFolder(counts: []).recipe(
                folder, data: "all-labels = true\nvalidation = 0", classes: 3)
            let error = #expect(throws: UserError.self) { try ExperimentData(recipe) }
            #expect(error?.what == "energy.classes = 3, but image-folder has no classes")
            #expect(error?.advice?.hasSuffix("set energy.classes = 1") == true)
        }
        let names = (0..<1001).map(String.init)
        let many = ImageDataset(
            name: "many", height: 1, width: 1, channels: 1, classNames: names,
            pixels: [UInt8](repeating: 0, count: 1001),
            labels: Array(0..<1001))
        var recipe = try Recipe.parse(smallRecipe)
        recipe.energy.classes = 1000
        let error = #expect(throws: UserError.self) { try ExperimentData.expectClasses(of: many, recipe) }
        #expect(error?.advice == "take 1000 classes at most, or train without: set energy.classes = 1")
    }

    @Test func nothingUnlabelledIsAnError() throws {
        let error = try failure(
            PictureFolder(counts: [5, 5]),
            "all-labels = true\nvalidation = 2\nunlabelled-includes-labelled = false")
        #expect(error?.advice == "set data.unlabelled-includes-labelled = true")
    }

    @Test func nothingToTestOnIsAnError() throws {
        let error = try failure(
            PictureFolder(counts: [3, 3]), "all-labels = true\nvalidation = 0\ntest-share = 0.01")
        #expect(error?.what == "nothing of image-folder is left to test on")
    }

    @Test func aFinalRunHasEveryLabelAndNoTest() throws {
        try withScratch { folder in
            let pictures = PictureFolder(counts: [10, 6], unlabelled: 5)
            try pictures.write(to: folder)
            let recipe = try pictures.recipe(folder, data: "labels = 4\nvalidation = 4")
                .trainingOnEverything()
            let data = try ExperimentData(recipe)
            #expect(data.test.count == 0 && data.split.validation.isEmpty)
            #expect(data.split.labelled.count == 16 && data.train.count == 21)
            #expect(recipe.name.hasSuffix("-final"))
            // What is written to the run directory reads back as the same.
            #expect(try Recipe.parse(recipe.canonical) == recipe)
            #expect(try ExperimentData(recipe.smoke(dataIsPresent: true).recipe).test.count == 0)
        }
        #expect(throws: UserError.self) { try Recipe.parse(smallRecipe, overrides: ["data.final=true"]) }
    }

    /// Keys that came later are written where they are set only, so that recipes of before read as they did.
    @Test func laterKeysLeaveOldRecipesAsTheyWere() throws {
        let recipe = try Recipe.parse(smallRecipe)
        #expect(!recipe.canonical.contains("final") && !recipe.canonical.contains("excerpt"))
        #expect(recipe.smoke(dataIsPresent: true).recipe.canonical.contains("data.excerpt = 16\n"))
        #expect(Recipe.keys.first { $0.path == "data.final" }?.defaultValue == "false")
    }
}
