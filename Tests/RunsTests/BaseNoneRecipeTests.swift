import Datasets
import System
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Training

private let recipe =
    RecipePart.images("fce-init") + RecipePart.glow + RecipePart.classifier("base = \"none\"")
    + "[input]\nstandardize = true\n" + RecipePart.phase("flow-mle", steps: 2)
    + RecipePart.phase("energy", steps: 4, labels: 4)

@Suite("Recipes with base none") struct BaseNoneRecipeTests {
    private func train(_ overrides: String...) throws {
        let recipe = try Recipe.parse(recipe, file: "none.toml", overrides: overrides)
        let data = try ExperimentData(recipe)
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let state = TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
        let observer = SilentObserver()
        try withExtendedLifetime(observer) { try Trainer(recipe, data, state, observer: observer).run() }
    }

    @Test("Standardised images need a shared energy that sees the pixels", arguments: ["gain", "plain"])
    func standardized(_ head: String) throws {
        let error = #expect(throws: UserError.self) { try train("energy.head=\(head)") }
        #expect(error?.kind == .recipe && error?.place == "energy.head")
        try train("energy.head=\(head)", "input.standardize=false")
    }

    @Test("What the error advises trains", arguments: ["flow", "separate"])
    func ownLayers(_ head: String) throws {
        try train("energy.head=\(head)", "phase.2.fit=1", "phase.2.anneal=1")
    }

    @Test(
        "Heads and stages that have nothing to do are errors at their key",
        arguments: [
            (["energy.base=moving", "energy.head=flow"], "energy.head"),
            (["energy.base=moving", "energy.head=separate"], "energy.head"),
            (["energy.base=moving", "energy.head=plain", "phase.2.fit=1"], "fit"),
            (["energy.base=moving", "energy.head=plain", "phase.2.anneal=1"], "anneal"),
            (["energy.head=flow", "phase.2.fit=2", "phase.2.anneal=2"], "fit"),
            (["energy.shared-rate=0.5"], "energy.shared-rate"),
        ] as [([String], String)])
    func contradictions(_ overrides: [String], _ key: String) {
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(recipe, file: "none.toml", overrides: overrides)
        }
        #expect(error?.kind == .recipe && error?.description.contains(key) == true)
    }
}
