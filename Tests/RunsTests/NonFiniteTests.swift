import Datasets
import EnergyModels
import Flows
import Networks
import Scores
import System
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

private let text =
    RecipePart.images("fce") + "[flow]\nlevels = 1\nblocks = 1\nwidth = 4\n"
    + RecipePart.classifier("base = \"none\"\nhead = \"plain\"", network: "four-layer")
    + RecipePart.phase("flow-mle", steps: 6)
    + RecipePart.phase("energy", steps: 6, labels: 4, "pool = 16\ndraws = 1")
    + RecipePart.phase(
        "joint", steps: 6, labels: 4,
        "guard = 1000\ngate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }")

/// What a fault of the machine, or a loss that overflows, would do to a run.
private struct Fault: CustomTestStringConvertible {
    enum Place: String, CaseIterable { case flow, energy, gradient }
    let place: Place
    let value: Double
    let phase: Int
    let step: Int
    var testDescription: String { "\(place) \(value) in phase \(phase + 1), step \(step)" }

    static let all = Place.allCases.flatMap { place in
        [Double.nan, .infinity, -1e38].enumerated().flatMap { index, value in
            (place == .flow ? [0, 2] : place == .energy ? [1, 2] : [1]).map { phase in
                Fault(place: place, value: value, phase: phase, step: 2 + (index + phase) % 3)
            }
        }
    }
}

/// Trains into a run directory with a checkpoint after every update, as `Experiment` does.
private final class FaultyRun: TrainingObserver {
    let recipe: Recipe
    let data: ExperimentData
    let state: TrainingState
    let directory: RunDirectory
    private let fault: Fault?

    init(at path: String, resume: Bool = false, _ fault: Fault? = nil) throws {
        recipe = try Recipe.parse(text, overrides: ["checkpoint.every=1"])
        data = try ExperimentData(recipe)
        let backend = try Device.standard.open(threads: 1, precision: .float32)
        state = TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
        self.fault = fault
        directory = try RunDirectory(
            at: path, recipe: recipe, header: RunHeader(recipe, data, backend, commit: "none"),
            split: data.split,
            resume: resume)
        if resume, let saved = try directory.restoreState() { try state.restore(saved, of: recipe, at: path) }
    }

    func train() throws -> [String: SafetensorsEntry] {
        try Trainer(recipe, data, state, observer: self).run()
        return state.weightsFile.tensors
    }

    private var isNow: Bool { state.phase == fault?.phase && state.step == fault?.step }
    private var position: RunPosition {
        let kind = recipe.phases.indices.contains(state.phase) ? recipe.phases[state.phase].kind : "end"
        return RunPosition(phaseIndex: state.phase, phase: kind, step: state.step, seconds: 0)
    }

    /// Asked between two updates: a fault falls between a checkpoint and what comes next.
    var isInterrupted: Bool {
        spoil()
        return false
    }
    private func spoil() {
        guard isNow, let fault else { return }
        let tensor =
            switch fault.place {
            case .flow: state.flow?.store.values
            case .energy: state.energy?.store.values
            // What the next update adds to the parameters.
            case .gradient: state.energyOptimizer?.first
            }
        guard let tensor else { return }
        state.backend.copy(
            state.backend.tensor([fault.value], [1], tensor.type),
            into: tensor.view(from: tensor.count / 2, shape: [1]))
    }
    func updated(_ state: TrainingState, _ update: Update) {}
    func checkpoint(_ state: TrainingState) throws { try directory.saveState(state.stateFile, at: position) }
    func test(_ state: TrainingState) {}
    func pictured(_ state: TrainingState) {}
    func finished(_ state: TrainingState) {}
}

@Suite struct NonFiniteTests {
    @Test(arguments: Fault.all)
    fileprivate func aFaultEndsTheRunAtItsStepAndTheLastGoodCheckpointGoesOn(fault: Fault) throws {
        try withScratch { folder in
            let whole = try FaultyRun(at: "\(folder)/whole").train()
            let error = #expect(throws: UserError.self) {
                try FaultyRun(at: "\(folder)/run", fault).train()
            }
            #expect(error?.kind == .diverged)
            let place = try #require(error?.place)
            let kind = ["flow-mle", "energy", "joint"][fault.phase]
            let steps = (fault.step...fault.step + 1).map { "phase \(fault.phase + 1) (\(kind)), step \($0)" }
            #expect(steps.contains(place), "\(error?.description ?? "")")
            #expect(try FaultyRun(at: "\(folder)/run", resume: true).train() == whole)
        }
    }
}
