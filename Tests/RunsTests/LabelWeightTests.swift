import Datasets
import EnergyModels
import Foundation
import Schemas
import Scores
import System
import Tensors
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

private let recipe = """
    method = "supervised"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    all-labels = true
    train = 60
    test = 16
    validation = 10
    [energy]
    classes = 4
    width = 0.05
    dropout = [0.0, 0.0, 0.0]
    [[phase]]
    kind = "supervised"
    steps = 4
    labelled-batch = 9
    """

@Suite struct LabelWeightTests {
    @Test func factorsHaveMeanOneOverTheImages() throws {
        let balanced = try #require(LabelSettings.ClassWeights.balanced.factors(counts: [6, 3, 1]))
        let expected = [10.0 / 18, 10.0 / 9, 10.0 / 3]
        #expect(zip(balanced, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        let given = try #require(LabelSettings.ClassWeights.given([1, 2, 4]).factors(counts: [6, 3, 1]))
        #expect(given == [0.625, 1.25, 2.5])
        let absent = try #require(LabelSettings.ClassWeights.balanced.factors(counts: [2, 0, 1]))
        #expect(absent == [0.75, 0, 1.5])
        #expect(LabelSettings.ClassWeights.equal.factors(counts: [6, 3, 1]) == nil)
    }

    /// The loss of an update against Σ w_y (−log p(y|x)) / B of the same images, from the models as predictions use them.
    @Test(arguments: ["[1, 2, 3, 10]", "\"balanced\"", nil])
    func theLossWeighsEachImageByItsClass(weights: String?) throws {
        let overrides = weights.map { ["label.class-weights=\($0)"] } ?? []
        let recipe = try Recipe.parse(recipe, file: "weights.toml", overrides: overrides)
        let data = try ExperimentData(recipe)
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let state = TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
        let training = try context.phase.makePhase(context)
        try training.start()
        let batch = context.stream(data.split.labelled, batch: 9, .labelled, start: 0).batch(0)
        let energy = try #require(state.energy)
        let probabilities = state.classProbabilities(context.images(batch.images), energy)
        var counts = [0, 0, 0, 0]
        for index in data.split.labelled { counts[data.train.labels[index]] += 1 }
        let raw: [Double] =
            switch weights {
            case nil: [1, 1, 1, 1]
            case "\"balanced\"": counts.map { 1 / Double($0) }
            default: [1, 2, 3, 10]
            }
        let mean =
            data.split.labelled.map { raw[data.train.labels[$0]] }.reduce(0, +)
            / Double(data.split.labelled.count)
        let terms = batch.labels.enumerated().map { row, label in
            raw[label] / mean * -log(Double(probabilities[4 * row + label]))
        }
        let loss = try #require(try training.update().measures[.labelLoss])
        #expect(abs(loss - terms.reduce(0, +) / 9) < 1e-4, "\(loss), not \(terms.reduce(0, +) / 9)")
        #expect(Set(counts).count > 1, "classes of one size would hide what balancing does")
    }

    @Test func whatCannotBeWeighedIsRefused() throws {
        let changes: [(String, String)] = [
            ("label.class-weights=[1, 2]", "2 class weights for 4 classes"),
            ("label.class-weights=[1, 2, 3, 0]", "takes \"balanced\", or an array of K numbers above 0"),
            ("label.class-weights=inverse", "takes \"balanced\""),
            ("label.class-weights=[]", "takes \"balanced\""),
        ]
        for (change, what) in changes {
            let error = #expect(throws: UserError.self) { try Recipe.parse(recipe, overrides: [change]) }
            #expect(error?.description.contains(what) == true, "\(String(describing: error))")
        }
        let unlabelled = #expect(throws: UserError.self) {
            try Recipe.parse(
                smallRecipe,
                overrides: ["data.labels=0", "energy.classes=1", "label.class-weights=balanced"])
        }
        #expect(unlabelled?.what.contains("weigh nothing") == true)
    }

    @Test func newKeysLeaveOtherRecipesAlone() throws {
        let plain = try Recipe.parse(smallRecipe)
        let stated = try Recipe.parse(smallRecipe, overrides: ["input.flip=false", "input.crop=0"])
        #expect(stated.canonical == plain.canonical && stated.hash == plain.hash)
        for change in ["input.crop=4", "label.class-weights=balanced"] {
            let other = try Recipe.parse(smallRecipe, overrides: [change])
            #expect(other.hash != plain.hash && other.protocolHash != plain.protocolHash)
            #expect(try Recipe.parse(other.canonical) == other)
            let isSeenByTheFlow = change.hasPrefix("input")
            #expect((other.flowHash(data: "a") != plain.flowHash(data: "a")) == isSeenByTheFlow)
        }
        let keys = Dictionary(Recipe.keys.map { ($0.path, $0.defaultValue) }) { first, _ in first }
        #expect(keys["input.flip"] == "false" && keys["input.crop"] == "0")
        #expect(keys["label.class-weights"] == "none")
    }

    @Test func digitsAreNotMirrored() throws {
        let flipped = #expect(throws: UserError.self) {
            try Recipe.parse(smallRecipe, overrides: ["input.flip=true"])
        }
        #expect(flipped?.what.contains("digits must not be mirrored") == true)
        // The advice: crops may stay.
        let cropped = try Recipe.parse(
            smallRecipe, overrides: ["input.crop=4", "report.paper={value=1, cell='Table 4'}"])
        #expect(cropped.noteOnPaper?.contains("Table 4 was trained without flips and crops") == true)
        let header = RunHeader.test(cropped)
        let result = RunResult(recipe: cropped, header: header, split: try .test(), command: "")
        #expect(result.network == "conv-small, crop 4")
        let wide = #expect(throws: UserError.self) {
            try Recipe.parse(recipe, overrides: ["data.size=16", "input.crop=16"])
        }
        #expect(wide?.what.contains("not below the images' side of 16") == true)
    }

    /// Labelled and unlabelled images and cached draws all come from the changed images.
    @Test func everyImageOfTrainingIsChanged() throws {
        func images(_ overrides: [String]) throws -> [[Float]] {
            let recipe = try Recipe.parse(recipe, file: "a.toml", overrides: overrides)
            let data = try ExperimentData(recipe)
            let backend = try Device.cpu.open(threads: 1, precision: .float32)
            let state = TrainingState(
                recipe, extents: data.extents, images: data.train.count, backend: backend)
            let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
            return [TrainingContext.Lane.labelled, .unlabelled].map { lane in
                context.stream(data.split.unlabelled, batch: 8, lane, start: 0).batch(0).images
            }
        }
        let (plain, changed) = (try images([]), try images(["input.flip=true", "input.crop=2"]))
        #expect(zip(plain, changed).allSatisfy { $0 != $1 })
    }
}
