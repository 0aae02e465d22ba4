import Datasets
import Flows
import Gradients
import Networks
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

private func recipe(base: String, gradient: String, objective: String) -> String {
    """
    method = "fce"
    [data]
    source = "synthetic"
    size = 8
    channels = 1
    labels = 8
    train = 48
    test = 16
    validation = 8
    [flow]
    levels = 2
    blocks = 1
    width = 4
    [energy]
    network = "four-layer"
    base = "\(base)"
    classes = 4
    width = 0.05
    [[phase]]
    kind = "flow-mle"
    steps = 4
    batch = 8
    optimizer = { kind = "adamax", rate = 1e-2 }
    [[phase]]
    kind = "energy"
    steps = 4
    batch = 8
    optimizer = { kind = "adam", rate = 1e-2 }
    [[phase]]
    kind = "joint"
    steps = 1
    batch = 8
    objective = "\(objective)"
    flow-gradient = "\(gradient)"
    """
}

/// A joint phase at its start, on the float64 reference backend: q₀ = q_α.
private struct Subject {
    let state: TrainingState
    let phase: JointPhase
    let flow: Glow

    private final class Stopper: SilentObserver {
        override var isInterrupted: Bool { stops }
        var stops = false
        override func finished(_ state: TrainingState) { stops = state.phase == 1 }
    }

    init(base: String, gradient: String, objective: String) throws {
        let recipe = try Recipe.parse(
            recipe(base: base, gradient: gradient, objective: objective), file: "gradient.toml")
        let data = try ExperimentData(recipe)
        state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: ReferenceBackend())
        let observer = Stopper()
        let trainer = Trainer(recipe, data, state, observer: observer)
        do { try trainer.run() } catch is Interrupted {}
        flow = try #require(state.flow as? Glow)
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 2)
        phase = try #require(try context.phase.makePhase(context) as? JointPhase)
        try phase.start()
    }

    var gradient: [Double] {
        let (loss, pass, _, _) = phase.flowUpdate.loss()
        pass.tape.backward(from: loss)
        return state.backend.doubles(pass.gradient())
    }

    /// The change of the loss's value along `direction`, by central differences.
    func slope(along direction: [Double]) -> Double {
        let backend = state.backend
        let start = backend.doubles(flow.store.values)
        func value(_ step: Double) -> Double {
            let moved = zip(start, direction).map { $0 + step * $1 }
            backend.copy(backend.tensor(moved, flow.store.values.shape, .float64), into: flow.store.values)
            return backend.scalar(phase.flowUpdate.loss().loss.value)
        }
        let h = 1e-6
        defer { _ = value(0) }
        return (value(h) - value(-h)) / (2 * h)
    }
}

/// With base "flow" the loss's value depends on α through log q as well; with "moving" the values of log q cancel, and
/// what is left moves through the samples alone. So each gradient has a value whose slope it must be.
@Suite("The gradient of the flow in the joint phase") struct FlowGradientTests {
    @Test(arguments: ["value", "non-saturating"])
    func fullFollowsLogQAndTheSamples(objective: String) throws {
        let frozen = try Subject(base: "flow", gradient: "full", objective: objective)
        let direction = normalValues(frozen.gradient.count, seed: 5)
        let slope = zip(frozen.gradient, direction).map(*).reduce(0, +)
        expectClose([slope], [frozen.slope(along: direction)], relative: 1e-5, "slope of V")
        let moving = try Subject(base: "moving", gradient: "full", objective: objective)
        expectClose(moving.gradient, frozen.gradient, relative: 1e-9, "moving against its frozen copy")
    }

    @Test(arguments: ["value", "non-saturating"])
    func pathwiseFollowsTheSamplesAlone(objective: String) throws {
        let moving = try Subject(base: "moving", gradient: "pathwise", objective: objective)
        let direction = normalValues(moving.gradient.count, seed: 6)
        let slope = zip(moving.gradient, direction).map(*).reduce(0, +)
        expectClose([slope], [moving.slope(along: direction)], relative: 1e-5, "slope at fixed d")
        let frozen = try Subject(base: "flow", gradient: "pathwise", objective: objective)
        expectClose(frozen.gradient, moving.gradient, relative: 1e-9, "a frozen copy against moving")
    }
}
