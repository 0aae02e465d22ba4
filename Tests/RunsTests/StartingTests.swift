import Datasets
import EnergyModels
import Flows
import System
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// What was found somewhere, without files: `labels` images of each class, of which a fifth will be kept for testing
/// unless `test` says how many there are.
private func found(
    _ labels: [Int], unlabelled: Int = 0, heldOut: Int = 0, test: Int? = nil, side: Int = 32,
    isGrey: Bool = false,
    source: DatasetSource = .imageFolder, path: String = "Photos"
) -> DatasetInspection {
    func part(_ count: Int) -> DatasetInspection.Part {
        labels.isEmpty
            ? .init(histogram: [], unlabelled: count)
            : .init(histogram: apportion(count, among: labels.map { _ in count }), unlabelled: 0)
    }
    return DatasetInspection(
        source: source, path: path, classNames: labels.indices.map { "c\($0)" },
        train: .init(histogram: labels, unlabelled: unlabelled), heldOut: part(heldOut), test: test.map(part),
        sizes: ImageSizes(sides: [(side, side + 10)], isGrey: isGrey))
}

private func starting(
    _ data: DatasetInspection, size: Int? = nil, method: Method? = nil
) throws -> StartingRecipe {
    try StartingRecipe(
        StartingChoices(data, name: "Photos", .init(size: size, method: method)), file: "Photos.toml")
}

@Suite struct StartingChoiceTests {
    @Test("the method is chosen by classes and unlabelled images")
    func method() throws {
        func method(_ data: DatasetInspection) throws -> Method { try starting(data).recipe.method }
        #expect(try method(found([30, 30, 30], unlabelled: 210)) == .fceVAT)
        #expect(try method(found([30, 30, 30])) == .vat)
        #expect(try method(found([30])) == .fce)
        #expect(try method(found([], unlabelled: 300)) == .fce)
    }

    @Test("a recipe without classes uses no labels, and one with classes uses all")
    func labels() throws {
        let density = try starting(found([30])).recipe
        #expect((density.energy.classes, density.data.allLabels, density.data.labels) == (1, false, 0))
        let classifier = try starting(found([30, 20])).recipe
        #expect(
            (classifier.energy.classes, classifier.data.allLabels, classifier.data.labels) == (2, true, 0))
    }

    @Test(
        "the size is the images' own up to 64 pixels, in steps that three levels can halve",
        arguments: [(8, 16), (16, 16), (28, 32), (32, 32), (33, 40), (64, 64), (3000, 64)])
    func size(side: Int, chosen: Int) throws {
        let recipe = try starting(found([30, 30], side: side)).recipe
        #expect((recipe.data.size, recipe.flow.levels) == (chosen, 3))
    }

    @Test("reasons say what is so")
    func reasons() throws {
        func reason(_ side: Int, size: Int? = nil) throws -> String {
            try starting(found([30, 30], side: side), size: size).choices.sizeReason
        }
        #expect(try reason(500).hasSuffix("`fce init --size 32` would train about 4 times faster."))
        #expect(
            try reason(500, size: 32).hasSuffix(
                "`fce init --size 64` would show more detail and take 4 times as long."))
        #expect(try reason(32).hasSuffix("its largest centred square, of 32 x 32 pixels."))
        #expect(try starting(found([30, 30])).choices.methodReason.contains("folder `unlabelled`"))
        #expect(try !starting(found([30, 30], source: .npz)).choices.methodReason.contains("folder"))
    }

    @Test("one image of every class leaves none to test on")
    func tooFew() {
        #expect(throws: UserError.self) { try starting(found([1, 1, 1])) }
    }

    @Test("another size brings its number of levels, and VAT's radius")
    func wishedSize() throws {
        let small = try starting(found([30, 30], side: 100), size: 28).recipe
        #expect((small.data.size, small.flow.levels, small.vat.epsilon) == (28, 2, 0.4375))
        let large = try starting(found([30, 30]), size: 64).recipe
        #expect((large.data.size, large.flow.levels, large.vat.epsilon) == (64, 3, 1.0))
    }

    @Test("what the images do not allow is an error", arguments: [27, 10, 258])
    func wrongSize(size: Int) {
        #expect(throws: UserError.self) { try starting(found([30, 30]), size: size) }
    }

    @Test("a method for classes needs classes")
    func wrongMethod() {
        #expect(throws: UserError.self) { try starting(found([30]), method: .vat) }
        #expect(throws: UserError.self) { try starting(found([30, 30]), method: Method(named: "vae")) }
    }

    @Test("a source with a size of its own has no key for it")
    func ownSize() throws {
        let data = found([300, 300], test: 100, source: .svhn, path: "Data/svhn10k")
        #expect(try starting(data).recipe.data.directory == "Data/svhn10k")
        #expect(throws: UserError.self) { try starting(data, size: 64) }
    }

    @Test("grey images keep one channel")
    func channels() throws {
        #expect(try starting(found([30, 30], isGrey: true)).recipe.data.channels == 1)
        #expect(try starting(found([30, 30])).recipe.data.channels == 3)
    }

    @Test("more images train longer and larger models, up to the built-in recipe's")
    func scale() throws {
        let few = try starting(found([30, 30, 30], unlabelled: 210)).recipe
        let many = try starting(found([300, 300, 300], unlabelled: 20000)).recipe
        let builtIn = try Recipe.load("builtin:svhn10k/500-fce-vat")
        #expect(few.phases.map(\.steps) == [1150, 1000, 250])
        #expect(many.phases.map(\.steps) == builtIn.phases.map(\.steps))
        #expect(few.energy.width == 0.25 && many.energy.width == builtIn.energy.width)
        #expect(few.flow.width == 32 && many.flow.width == builtIn.flow.width)
    }
}

@Suite struct StartingPartTests {
    private func parts(_ data: DatasetInspection) throws -> StartingParts { try starting(data).choices.parts }

    @Test("a tenth is held out where that is enough, and no class loses its last label")
    func heldOut() throws {
        #expect(try parts(found([500, 500], test: 10)).heldOut == 100)
        #expect(try parts(found([30000, 30000], test: 10)).heldOut == 1000)
        // A tenth of 90 is too few.
        #expect(try parts(found([30, 30, 30], test: 10)).heldOut == 0)
        // One of 21 seats would fall to a class of one.
        #expect(
            StartingParts.heldOut(of: [100, 100] + [Int](repeating: 1, count: 10)) == [10, 10]
                + [Int](repeating: 0, count: 10))
        // A thousand classes of two: the first ones keep one each.
        #expect(StartingParts.heldOut(of: [Int](repeating: 2, count: 1000)).reduce(0, +) == 200)
        #expect(StartingParts.heldOut(of: [Int](repeating: 1, count: 1000)).reduce(0, +) == 0)
    }

    @Test("images that the data hold out are not held out again")
    func givenHeldOut() throws {
        let recipe = try starting(found([500, 500], heldOut: 40, test: 10))
        #expect((recipe.recipe.data.validation, recipe.choices.parts.heldOut) == (0, 40))
    }

    @Test("without test images a fifth of every class is kept, but not its last one")
    func test() throws {
        let some = try parts(found([30, 30, 30], unlabelled: 210))
        #expect((some.test, some.labelled, some.unlabelled) == (18, [24, 24, 24], 210))
        let rare = try parts(found([100, 5, 1]))
        #expect((rare.test, rare.labelled) == (21, [80, 4, 1]))
    }

    @Test("without classes every image counts as one without a label")
    func density() throws {
        let one = try parts(found([300]))
        #expect((one.test, one.labelled, one.unlabelled, one.heldOut) == (60, [], 216, 24))
        #expect(try parts(found([], unlabelled: 300)) == one)
    }
}

@Suite struct StartingTextTests {
    private static let shapes: [(String, DatasetInspection)] = [
        ("two classes of five", found([5, 5])),
        ("some unlabelled", found([30, 30, 30], unlabelled: 210)),
        ("one to twenty", found([100, 5])),
        ("one class", found([50])),
        ("no classes", found([], unlabelled: 50)),
        ("a thousand classes", found([Int](repeating: 2, count: 1000))),
        ("grey and tiny", found([20, 20], side: 8, isGrey: true)),
        ("large photographs", found([200, 200], unlabelled: 3000, side: 4000)),
        ("names that need care", found([20, 20], path: "My \"best\" Füße\\xE9/it's = #1")),
        ("svhn", found([700, 700], test: 100, source: .svhn)),
        ("grey idx", found([700, 700], test: 100, isGrey: true, source: .fashionMNIST)),
        ("cifar", found([700, 700], test: 100, source: .cifar10)),
        ("csv", found([30, 30], unlabelled: 100, source: .csv, path: "labels.csv")),
        ("npz", found([30, 30], unlabelled: 100, test: 9, source: .npz, path: "images.npz")),
    ]

    @Test(
        "the text of every shape of data, with every method and size, reads back as the recipe that is meant")
    func shapes() throws {
        for (name, data) in Self.shapes {
            for method in [nil] + StartingChoices.methods
            where data.classes > 1 || [nil, .fce, .flow].contains(method) {
                for size in data.source.isResized ? [nil, 28, 64] : [nil] {
                    let starting = try starting(data, size: size, method: method)
                    let (recipe, parts) = (starting.recipe, starting.choices.parts)
                    let comment = "\(name), \(method?.name ?? "-"), \(size ?? 0)" as Comment
                    #expect(recipe.data.directory == data.path, comment)
                    #expect(recipe.data.source.rawValue == data.source.rawValue, comment)
                    #expect(recipe.method == method ?? starting.choices.method, comment)
                    #expect(recipe.data.validation == (data.heldOut.count > 0 ? 0 : parts.heldOut), comment)
                    #expect(
                        recipe.smoke(dataIsPresent: true).recipe.phases.count == recipe.phases.count, comment)
                    #expect(StartingRecipe.facts(in: starting.text) == starting.facts, comment)
                }
            }
        }
    }

    @Test("every line is at most 120 characters, and every choice has a comment above it")
    func readable() throws {
        for (name, data) in Self.shapes where data.classes < 100 {
            let lines = try starting(data).text.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= 120 }, "\(name): \(lines.first { $0.count > 120 } ?? "")")
        }
    }

    @Test("facts change when images are added")
    func facts() throws {
        let first = try starting(found([30, 30], unlabelled: 10)).facts
        #expect(first == "60 labelled images (c0 30, c1 30), 10 unlabelled")
        #expect(try starting(found([30, 31], unlabelled: 10)).facts != first)
        #expect(try starting(found([30, 30], unlabelled: 11)).facts != first)
        #expect(try starting(found([30, 30], unlabelled: 10, test: 5)).facts != first)
    }
}
