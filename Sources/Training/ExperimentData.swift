import Datasets
import EnergyModels
import Flows

/// What a run trains and tests on, with its split.
public struct ExperimentData: Sendable {
    public let name: String
    public let train: any ExampleSet
    /// Empty in a final run, which is tested on nothing.
    public let test: any ExampleSet
    public let split: Split
    /// What a user should know about the data, one line each.
    public let notices: [String]

    /// Height, width and channels of one example.
    public var extents: [Int] { train.extents }
    /// D.
    public var dimensions: Int { train.dimensions }

    /// Reads or draws the data a recipe names and splits it.
    ///
    /// Held-out images are chosen by the flow's seed, labelled ones by the run's, unless `data.split-seed` chooses both: runs
    /// that share a flow hold out the same images.
    /// - Throws: `UserError` as the readers do, `.recipe` when the classes do not match, and when nothing is left to
    ///   test on or to train on, be it of one class only.
    public init(_ recipe: Recipe) throws {
        let whole = try ExperimentData(recipe, Self.load(recipe), labels: recipe.data.labels)
        self = recipe.data.excerpt > 0 ? whole.excerpt(of: recipe) : whole
    }

    public typealias Sets = (train: any ExampleSet, test: any ExampleSet, notices: [String])

    /// - Parameters:
    ///   - recipe: says how the examples are split.
    ///   - sets: the examples, and what a user should know about them.
    ///   - labels: in place of the recipe's number of labels.
    ///   - validation: in place of the recipe's number of held-out images; nil: the recipe's.
    public init(_ recipe: Recipe, _ sets: Sets, labels: Int, validation: Int? = nil) throws {
        (train, test) = (sets.train, sets.test)
        let isTested = recipe.energy.classes > 1 && !recipe.data.final
        notices = sets.notices + (isTested ? Self.untested(test) : [])
        name = recipe.data.name
        try Self.expectClasses(of: train, recipe)
        split = try Split.classBalanced(
            dataset: train, labels: recipe.data.allLabels ? nil : labels,
            validation: validation ?? recipe.data.validation,
            seed: UInt64(recipe.labelSeed), validationSeed: UInt64(recipe.heldOutSeed),
            includeLabelledInUnlabelled: recipe.data.unlabelledIncludesLabelled)
        try expectImages(of: recipe)
        try expectLabels(of: recipe)
    }

    /// What to say where the test set has no image of a class.
    private static func untested(_ test: any ExampleSet) -> [String] {
        let tested = Set(test.labels)
        let missing = test.classNames.indices.filter { !tested.contains($0) }
        guard !missing.isEmpty else { return [] }
        let names = missing.prefix(5).map { test.classNames[$0] }.joined(separator: ", ")
        let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
        return ["no test image is of class \(names)\(more), so that its error is unknown"]
    }

    private static func load(_ recipe: Recipe) throws -> Sets {
        let data = recipe.data
        guard let images = data.source.images else {
            return (
                PointDataset(data.density, count: data.train, seed: recipe.dataSeed),
                PointDataset(data.density, count: data.test, seed: recipe.dataSeed + 1_000_000), []
            )
        }
        let pair = try images.load(directory: data.directory, options: recipe.datasetOptions)
        let (train, test) = (shortened(pair.train, to: data.train), shortened(pair.test, to: data.test))
        return data.final
            ? (train.appending(test), test.subset([], name: test.name), pair.notices)
            : (train, test, pair.notices)
    }

    /// The first `count` images of a set, and those that its source holds out; all of them for 0.
    package static func shortened(_ set: ImageDataset, to count: Int) -> ImageDataset {
        let heldOut = Set(set.heldOut)
        let others = set.labels.indices.filter { !heldOut.contains($0) }
        guard count > 0, count < others.count else { return set }
        return set.subset((others.prefix(count) + set.heldOut).sorted(), name: set.name)
    }

    /// Indices of held-out training examples, or of the first training examples where none are held out:
    /// what initialisation, calibration and the divergence guard look at.
    public func heldOut(_ limit: Int) -> [Int] {
        Array((split.validation.isEmpty ? split.unlabelled : split.validation).prefix(limit))
    }
}
