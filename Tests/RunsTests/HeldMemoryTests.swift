import Recipes
import Testing
import Training

@testable import Methods

/// What phases hold beside models and batches, by which rehearsals fill memory.
@Suite struct HeldMemoryTests {
    @Test func poolsAndStoredDensitiesAreHeld() throws {
        let recipe = try Recipe.parse(
            """
            method = "fce-init"
            data = { source = "synthetic", labels = 10 }
            energy = { base = "none" }
            phase = [
                { kind = "flow-mle", steps = 1 },
                { kind = "energy", steps = 10, pool = 100, draws = 2 },
            ]
            """)
        let settings = recipe.phases.map(\.settings)
        #expect(settings[0].otherWork(recipe, unlabelled: 50).heldBytes == 0)
        // 100 samples of 3072 floats with a double each; log q of two draws of 50 images.
        let held = settings[1].otherWork(recipe, unlabelled: 50).heldBytes
        #expect(held == 100 * (4 * 3072 + 8) + 8 * 2 * 50)
    }
}
