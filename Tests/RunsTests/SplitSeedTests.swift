import Datasets
import System
import Testing

@testable import Recipes
@testable import Runs
@testable import Training

/// Which seed draws which images.
@Suite struct SplitSeedTests {
    private func split(_ overrides: String...) throws -> Split {
        let text = """
            method = "supervised"
            data = { source = "synthetic", labels = 8, validation = 12, train = 200 }
            energy = { classes = 4, network = "conv-small", width = 0.0625 }
            phase = [{ kind = "supervised", steps = 1 }]
            """
        return try ExperimentData(try Recipe.parse(text, overrides: overrides)).split
    }

    @Test func byDefaultLabelledImagesFollowTheSeedAndHeldOutOnesTheFlows() throws {
        let first = try split()
        let (seed, flow) = (try split("seed=2"), try split("flow.seed=2"))
        #expect(seed.labelled != first.labelled && seed.validation == first.validation)
        #expect(flow.validation != first.validation)
        #expect(!(try Recipe.parse(smallRecipe).canonical.contains("split-seed")))
    }

    @Test func aSeedOfItsOwnDrawsBoth() throws {
        let first = try split("data.split-seed=5")
        #expect(try split("data.split-seed=5", "seed=2") == first)
        let other = try split("data.split-seed=6")
        #expect(other.labelled != first.labelled && other.validation != first.validation)
        // The seeds of before give the split of before.
        #expect(try split("data.split-seed=1").labelled == split().labelled)
        #expect(try split("data.split-seed=1").validation == split().validation)
    }
}
