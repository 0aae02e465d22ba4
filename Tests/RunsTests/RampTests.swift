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
private let ramped = """
    method = "fce-vat"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    labels = 8
    train = 48
    test = 16
    validation = 8
    [flow]
    kind = "glow"
    levels = 2
    blocks = 1
    width = 4
    [energy]
    network = "conv-small"
    base = "moving"
    classes = 4
    width = 0.05
    [vat]
    weight = 20
    ramp-up = 4
    [[phase]]
    kind = "flow-mle"
    steps = 2
    batch = 8
    optimizer = { kind = "adamax", rate = 1e-2 }
    [[phase]]
    kind = "energy"
    steps = 4
    batch = 8
    labelled-batch = 4
    optimizer = { kind = "adam", rate = 1e-3 }
    [[phase]]
    kind = "joint"
    steps = 2
    batch = 8
    labelled-batch = 4
    guard = 1000
    optimizer = { kind = "adam", rate = 1e-3 }
    gate = { cap = 1 }

    """

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
