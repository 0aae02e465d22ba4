import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct SplitTests {
    /// Classes of 40, 30, 20, 10 images and 20 unlabelled ones, interleaved.
    private let dataset: ImageDataset = {
        let labels = [(0, 40), (1, 30), (2, 20), (3, 10), (-1, 20)].flatMap {
            [Int](repeating: $0.0, count: $0.1)
        }
        return Fixtures.dataset(labels: (0..<120).map { labels[$0 * 7 % 120] }, classes: 4)
    }()

    @Test func labelledSetIsBalanced() throws {
        let split = try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: 1)
        #expect(dataset.subset(split.labelled, name: "l").histogram == [5, 5, 5, 5])
        #expect(dataset.subset(split.validation, name: "v").histogram == [4, 3, 2, 1])
        #expect(Set(split.labelled).isDisjoint(with: split.validation))
        #expect(Set(split.unlabelled) == Set(0..<120).subtracting(split.validation))
        #expect(split.data == dataset.sha256)
        try split.check(against: dataset)
        #expect(
            split.summary
                == "labelled 20, unlabelled 110, validation 10; in common: labelled and unlabelled 20, "
                + "labelled and validation 0, unlabelled and validation 0")
    }

    @Test func labelledImagesCanBeKeptApart() throws {
        let split = try Split.classBalanced(
            dataset: dataset, labels: 20, validation: 10, seed: 1, includeLabelledInUnlabelled: false)
        #expect(split.unlabelled.count == 90)
        #expect(Set(split.labelled).isDisjoint(with: split.unlabelled))
    }

    @Test func remainderIsSpread() throws {
        let split = try Split.classBalanced(dataset: dataset, labels: 18, validation: 0, seed: 1)
        #expect(dataset.subset(split.labelled, name: "l").histogram.sorted() == [4, 4, 5, 5])
    }

    @Test func seedsDecide() throws {
        let one = try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: 1)
        #expect(try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: 1) == one)
        let two = try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: 2)
        #expect(one.labelled != two.labelled && one.validation != two.validation)
    }

    @Test func smallerLabelledSetsAreNested() throws {
        let small = try Split.classBalanced(dataset: dataset, labels: 8, validation: 10, seed: 3)
        let large = try Split.classBalanced(dataset: dataset, labels: 28, validation: 10, seed: 3)
        #expect(small.validation == large.validation)
        #expect(Set(small.labelled).isSubset(of: large.labelled))
    }

    @Test func everyLabelAndNoLabels() throws {
        let all = try Split.classBalanced(dataset: dataset, labels: nil, validation: 10, seed: 1)
        #expect(all.labelled.count == 90)
        let none = try Split.classBalanced(dataset: dataset, labels: 0, validation: 0, seed: 1)
        #expect(none.labelled.isEmpty && none.unlabelled.count == 120)
        let bare = Fixtures.dataset(labels: [Int](repeating: -1, count: 12), classes: 0)
        #expect(
            try Split.classBalanced(dataset: bare, labels: 0, validation: 5, seed: 1).validation.count == 5)
    }

    @Test(arguments: [(44, 0), (40, 10), (0, 101), (0, -1)])
    func tooManyIsARecipeError(labels: Int, validation: Int) {
        let error = userError { () throws(UserError) in
            _ = try Split.classBalanced(dataset: dataset, labels: labels, validation: validation, seed: 1)
        }
        #expect(error?.kind == .recipe)
    }

    @Test func fileRoundTripAndRefusals() throws {
        let split = try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: UInt64.max)
        try withScratch { folder in
            try split.write(to: "\(folder)/split.json")
            #expect(try Split(contentsOf: "\(folder)/split.json") == split)
            let json = try Files.read("\(folder)/split.json")
            let refused = (0..<json.count - 2).allSatisfy { length in
                let error = userError { () throws(UserError) in
                    _ = try Split(json: Array(json.prefix(length)), file: "split.json")
                }
                return error?.kind == .data && error?.place == "split.json"
            }
            #expect(refused)
        }
        let future = Array(
            #"{"format":2,"rule":"","seed":1,"data":"","labelled":[],"unlabelled":[],"validation":[]}"#.utf8)
        let error = userError { () throws(UserError) in _ = try Split(json: future, file: "s") }
        #expect(error?.description.contains("format 2") == true)
        let incomplete = userError { () throws(UserError) in
            _ = try Split(json: Array("{}".utf8), file: "s")
        }
        #expect(incomplete?.description.contains("is missing") == true)
    }

    @Test func otherDataAndBadPositionsAreRefused() throws {
        let split = try Split.classBalanced(dataset: dataset, labels: 20, validation: 10, seed: 1)
        let other = userError { () throws(UserError) in
            try split.check(against: dataset.subset(0..<119, name: "other"))
        }
        #expect(other?.kind == .recipe)
        for positions in [[120], [-1], [3, 3], [5, 4]] {
            let bad = Split(
                format: 1, rule: "", seed: 1, data: dataset.sha256, labelled: [], unlabelled: positions,
                validation: [])
            #expect(userError { () throws(UserError) in try bad.check(against: dataset) }?.kind == .data)
        }
    }

    @Test func apportionmentIsExact() {
        #expect(apportion(10, among: [40, 30, 20, 10]) == [4, 3, 2, 1])
        #expect(apportion(5, among: [1, 1, 1, 1, 1, 1]) == [1, 1, 1, 1, 1, 0])
        #expect(apportion(0, among: []) == [])
        #expect(apportion(7, among: [3, 0, 4]) == [3, 0, 4])
    }
}
