import Datasets
import EnergyModels
import Networks
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

/// FCE + VAT in miniature, whose ramp is as long as the energy's first phase.
private let ramped =
    RecipePart.images("fce-vat") + RecipePart.glow + RecipePart.classifier("base = \"moving\"")
    + "[vat]\nweight = 20\nramp-up = 4\n"
    + RecipePart.phase("flow-mle", steps: 2, "optimizer = { kind = \"adamax\", rate = 1e-2 }")
    + RecipePart.phase("energy", steps: 4, labels: 4, "optimizer = { kind = \"adam\", rate = 1e-3 }")
    + RecipePart.phase(
        "joint", steps: 2, labels: 4,
        "guard = 1000\noptimizer = { kind = \"adam\", rate = 1e-3 }\ngate = { cap = 1 }")

/// Ends the ramps at the end of a phase, from which they have no more to rise.
private final class RampEnder: SilentObserver {
    var phase: Int?

    override func finished(_ state: TrainingState) {
        guard state.phase == phase else { return }
        for index in state.regularizers.indices { state.regularizers[index].rampUp = 0 }
    }
}

@Suite struct RampTests {
    private func weights(endingAfter phase: Int?, _ overrides: String...) throws -> [Float] {
        let recipe = try Recipe.parse(ramped, file: "ramped.toml", overrides: overrides)
        let data = try ExperimentData(recipe)
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: backend)
        let ender = RampEnder()
        ender.phase = phase
        try Trainer(recipe, data, state, observer: ender).run()
        return backend.floats(try #require(state.energy).store.values)
    }

    /// The energy has made its four updates when the joint phase begins: nothing is left of the ramp.
    @Test func aRampGoesOnInTheNextPhase() throws {
        let whole = try weights(endingAfter: nil)
        #expect(try weights(endingAfter: 1) == whole)
        #expect(try weights(endingAfter: 0) != whole, "the first phase has a ramp")
        // A longer one is not over.
        let long = try weights(endingAfter: nil, "vat.ramp-up=40")
        #expect(try weights(endingAfter: 1, "vat.ramp-up=40") != long)
    }
}
