import Datasets
import EnergyModels
import Foundation
import Networks
import Scores
import System
import Tensors
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Flows
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// Noise contrastive estimation of eight Gaussians, in miniature.
private let noiseContrast = """
    method = "nce"
    precision = "float32"
    [data]
    source = "plane"
    density = "eight-gaussians"
    train = 300
    test = 40
    [flow]
    kind = "plane"
    couplings = 0
    [energy]
    network = "mlp"
    base = "none"
    classes = 1
    width = 0.125
    [[phase]]
    kind = "flow-mle"
    steps = 1
    batch = 8
    [[phase]]
    kind = "energy"
    steps = 3
    batch = 8

    """

/// The same with a flow that takes turns with the energy from the start.
private let joint = """
    \(noiseContrast.components(separatedBy: "[[phase]]")[0]
        .replacing("\"nce\"", with: "\"fce\"")
        .replacing("couplings = 0", with: "couplings = 2\nwidth = 4"))
    [[phase]]
    kind = "joint"
    steps = 6
    batch = 8
    guard = 1000
    gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 2 }
    [evaluate]
    every = 2
    snapshots = 3

    """

private final class PictureRecorder: SilentObserver {
    var tests: [(step: Int, measures: Measures)] = []
    var pictures: [Int] = []
    /// 0 for each of the energy's updates in a joint phase, 1 for each of the flow's.
    var turns: [Double] = []

    var evaluator: Evaluator?

    override func test(_ state: TrainingState) throws {
        tests.append((state.step, try #require(evaluator).quickTest()))
    }
    override func updated(_ state: TrainingState, _ update: Update) {
        if let turn = update.measures[.turn] { turns.append(turn) }
    }
    override func pictured(_ state: TrainingState) { pictures.append(state.energyUpdates) }
}

@Suite struct PlaneTests {
    private func train(_ text: String, _ recorder: PictureRecorder = PictureRecorder()) throws -> (
        recipe: Recipe, data: ExperimentData, state: TrainingState
    ) {
        let recipe = try Recipe.parse(text, file: "plane.toml")
        let data = try ExperimentData(recipe)
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: backend)
        recorder.evaluator = Evaluator(recipe, data, state)
        try Trainer(recipe, data, state, observer: recorder).run()
        return (recipe, data, state)
    }

    /// With thresholds of 0 and no cap the flow keeps the turn, but for ties.
    @Test func aPhaseEndsWhenTheFlowHasMadeItsUpdates() throws {
        let gate = "gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 0 }"
        let text = joint.replacing("steps = 6", with: "steps = 50\nflow-steps = 7")
            .replacing("gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 2 }", with: gate)
        let recorder = PictureRecorder()
        _ = try train(text, recorder)
        #expect(recorder.turns.count { $0 == 1 } == 7)
        #expect((1..<50).contains(recorder.turns.count { $0 == 0 }) && recorder.turns.last == 1)
    }

    @Test(arguments: ["data.train=0", "data.test=0", "data.validation=300"])
    func emptySetsAreRefused(change: String) throws {
        let recipe = try Recipe.parse(noiseContrast, file: "plane.toml", overrides: [change])
        let error = #expect(throws: UserError.self) { try ExperimentData(recipe) }
        #expect(error?.kind == .recipe && error?.what.contains("is left to") == true)
    }

    /// Early on the average's decay is (1 + t)/(10 + t): t counts the updates of all phases.
    @Test func theWeightAverageGoesOnInTheNextPhase() throws {
        let first =
            noiseContrast.replacing("steps = 3", with: "steps = 30").replacing(
                "\"nce\"", with: "\"fce-init\""
            )
            .replacing("couplings = 0", with: "couplings = 2\nwidth = 4") + "[average]\ndecay = 0.999\n"
        let phase = "[[phase]]\nkind = \"energy\"\nsteps = 1\nbatch = 8\n"
        func weights(_ text: String) throws -> (average: [Float], current: [Float]) {
            let state = try train(text).state
            let (average, energy) = (try #require(state.average), try #require(state.energy))
            return (state.backend.floats(average.store.values), state.backend.floats(energy.store.values))
        }
        let (before, after) = (try weights(first), try weights(first + phase))
        let moved = zip(after.current, before.average).map { $0 - $1 }
        let largest = try #require(moved.indices.max { abs(moved[$0]) < abs(moved[$1]) })
        let share = (after.average[largest] - before.average[largest]) / moved[largest]
        #expect(abs(share - 9.0 / 41) < 1e-3, "\(share)")
    }

    @Test func meansOfSquaredDifferencesAreThoseByHand() {
        #expect(meanSquaredDifference([1, 2, -3], [1, 4, -4]) == 5.0 / 3)
        #expect(meanSquaredDifference([], [1]) == nil)
    }

    @Test func errorsAreThoseOfTheTestPoints() throws {
        let (recipe, data, state) = try train(noiseContrast)
        let errors = try #require(try Evaluator(recipe, data, state).logDensityErrors())
        let (train, test) = (data.train as? PointDataset, data.test as? PointDataset)
        let (seen, fresh) = (try #require(train), try #require(test))
        // The test points are not among the training points.
        let known = Set((0..<300).map { [seen.points[2 * $0], seen.points[2 * $0 + 1]] })
        #expect((0..<40).allSatisfy { !known.contains([fresh.points[2 * $0], fresh.points[2 * $0 + 1]]) })

        let points = state.backend.tensor(fresh.points, [40, 1, 1, 2], state.backend.real)
        let models = try state.densities(points)
        func byHand(_ estimated: [Double]) -> Double {
            (0..<40).reduce(0) { sum, i in
                let exact = fresh.density.logDensity(
                    Double(fresh.points[2 * i]), Double(fresh.points[2 * i + 1]))
                return sum + pow(estimated[i] - (exact ?? .nan), 2) / 40
            }
        }
        expectClose(
            [errors.flow ?? .nan, errors.energy ?? .nan], [byHand(models.flow), byHand(models.energy)],
            relative: 1e-9)
        #expect(errors.scores.measures.logged.keys.sorted() == ["energyLogDensityMSE", "flowLogDensityMSE"])
    }

    @Test func theGaussianOfNCEIsThatOfTheTrainingPoints() throws {
        let (_, data, state) = try train(noiseContrast)
        let set = try #require(data.train as? PointDataset)
        let fitted = Glow(.plane(couplings: 0), backend: state.backend, seed: 1)
        try fitted.fitGaussian(to: state.backend.tensor(set.points, [300, 1, 1, 2], state.backend.real))
        let flow = try #require(state.flow)
        #expect(state.backend.floats(flow.store.values) == state.backend.floats(fitted.store.values))
    }

    @Test func unknownDensitiesHaveNoErrors() throws {
        let moons = noiseContrast.replacing("eight-gaussians", with: "moons")
        let (recipe, data, state) = try train(moons)
        #expect(try Evaluator(recipe, data, state).logDensityErrors() == nil)
    }

    @Test func testsAndPicturesOfAJointPhaseCountTheEnergysUpdates() throws {
        let recorder = PictureRecorder()
        let (_, _, state) = try train(joint, recorder)
        #expect(recorder.tests.map { $0.measures[.energyUpdates] } == [2, 4])
        #expect(recorder.pictures == [3])
        let steps = recorder.tests.map(\.step)
        #expect(steps.allSatisfy { $0 > 0 } && (steps.last ?? 0) > 4, "the flow has had its turns: \(steps)")
        #expect(recorder.tests.allSatisfy { $0.measures[.energyLogDensityMSE] != nil })
        #expect(state.flow != nil && state.flow?.closedFormFit == nil)
    }

    @Test func theSeedOfPointsIsTheFlowsUnlessItHasItsOwn() throws {
        func data(_ overrides: [String]) throws -> String {
            try ExperimentData(Recipe.parse(noiseContrast, overrides: overrides)).train.sha256
        }
        let flows = try data(["flow.seed=5"])
        #expect(try flows == data(["data.seed=5"]) && flows != data([]))
        #expect(try data(["flow.seed=5", "data.seed=1"]) == data([]))
    }

    @Test(arguments: [
        ("flow.couplings=1", "flow.couplings = 0"), ("phase.1.steps=2", "set phase.1.steps = 1"),
        ("method=fce", "method"), ("phase.1.kind=energy", "flow-mle"),
    ])
    func contradictionsAreRefused(change: String, advice: String) throws {
        _ = try Recipe.parse(noiseContrast)
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(noiseContrast, overrides: [change])
        }
        #expect("\(try #require(error))".contains(advice))
    }

    @Test func onlyPointsHaveSnapshots() throws {
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(smallRecipe, overrides: ["evaluate.snapshots=5"])
        }
        #expect("\(try #require(error))".contains("evaluate.snapshots"))
    }

    /// How often models are looked at decides no number.
    @Test func snapshotsMakeNoOtherRecipe() throws {
        let recipe = try Recipe.parse(joint)
        let other = try Recipe.parse(joint, overrides: ["evaluate.snapshots=1"])
        #expect(recipe.protocolHash == other.protocolHash)
    }
}
