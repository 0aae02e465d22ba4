import Datasets
import Foundation
import Tensors
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

@Suite struct SmokeTests {
    /// Three classes of 30 labelled images and 210 without a label, 12 of them held out.
    @Test func ownImagesKeepTheirLabelsAndTheirTestSize() throws {
        try withScratch { folder in
            let pictures = PictureFolder(counts: [30, 30, 30], unlabelled: 210)
            try pictures.write(to: folder)
            let recipe = try pictures.recipe(folder, data: "all-labels = true\nvalidation = 12")
            let smoke = recipe.smoke(dataIsPresent: true)
            #expect(smoke.summary.contains("at most 16 images of each class, to train on and to test on"))
            let data = try ExperimentData(smoke.recipe)
            #expect(data.test.count == 18)
            #expect(data.split.validation.count == 12)
            #expect(data.split.labelled.count == 36)
            #expect(data.train.count == 3 * 16 + 64)
            #expect(Set(data.train.labels(at: data.split.labelled)).count == 3)
        }
    }

    @Test func aTwentiethIsTestedOnWhereTheRecipeSaysSo() throws {
        try withScratch { folder in
            let pictures = PictureFolder(counts: [100, 100])
            try pictures.write(to: folder)
            let recipe = try pictures.recipe(
                folder, data: "labels = 20\nvalidation = 10\ntest-share = 0.05")
            #expect(try ExperimentData(recipe.smoke(dataIsPresent: true).recipe).test.count == 10)
        }
    }

    /// Rows of one table, of other seeds and numbers of labels, are of one excerpt.
    @Test func seedsAndLabelsDoNotChangeTheExcerpt() throws {
        try withScratch { folder in
            let pictures = PictureFolder(counts: [40, 30, 20])
            try pictures.write(to: folder)
            let hashes = try ["seed=1", "seed=2", "data.labels=6", "data.validation=3"].map { change in
                let recipe = try pictures.recipe(
                    folder, data: "labels = 30\nvalidation = 9", overrides: [change])
                return try ExperimentData(recipe.smoke(dataIsPresent: true).recipe).train.sha256
            }
            #expect(Set(hashes).count == 1)
        }
    }

    /// Folders of all shapes: whatever a real run accepts, a smoke run does, with its data and without.
    @Test func whatARunAcceptsASmokeRunAccepts() throws {
        var stream = RandomStream(RandomKey(seed: 20, purpose: .noise))
        var (accepted, refused) = (0, 0)
        for _ in 0..<60 {
            let classes = 2 + stream.below(4)
            let most = [5, 20, 45][stream.below(3)]
            var pictures = PictureFolder(counts: (0..<classes).map { _ in 1 + stream.below(most) })
            if stream.below(3) == 0 { pictures.testCounts = pictures.counts.map { _ in 1 + stream.below(3) } }
            if stream.below(2) == 0 { pictures.unlabelled = 1 + stream.below(80) }
            try withScratch { folder in
                try pictures.write(to: folder)
                for _ in 0..<4 {
                    let all = pictures.counts.reduce(0, +)
                    let labels =
                        stream.below(2) == 0
                        ? "all-labels = true" : "labels = \(classes * (1 + stream.below(4)))"
                    let data = """
                        \(labels)
                        validation = \(stream.below(all + 1))
                        test-share = \([0.05, 0.2, 0.5][stream.below(3)])
                        unlabelled-includes-labelled = \(stream.below(3) > 0)
                        """
                    let recipe = try pictures.recipe(folder, data: data)
                    let real = Result { try ExperimentData(recipe) }
                    let smoke = Result { try ExperimentData(recipe.smoke(dataIsPresent: true).recipe) }
                    switch (real, smoke) {
                    case (.success(let real), .success(let smoke)):
                        accepted += 1
                        #expect(smoke.test.count <= real.test.count && smoke.train.count <= real.train.count)
                        #expect(Set(smoke.train.labels(at: smoke.split.labelled)).count == classes)
                        _ = try ExperimentData(recipe.smoke(dataIsPresent: false).recipe)
                    case (.failure(let real), .failure(let smoke)):
                        refused += 1
                        #expect("\(real)" == "\(smoke)")
                    default: Issue.record("\(pictures) \(data): \(real) but \(smoke)")
                    }
                }
            }
        }
        #expect(accepted > 40 && refused > 40, "\(accepted) accepted, \(refused) refused")
    }
}
