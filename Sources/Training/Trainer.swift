import Foundation
import Scores
import System

/// What happens around training: metrics, progress, checkpoints.
public protocol TrainingObserver: AnyObject {
    /// After every update.
    func updated(_ state: TrainingState, _ update: Update) throws
    /// At the checkpoint interval, and before leaving on a signal.
    func checkpoint(_ state: TrainingState) throws
    /// At the evaluation interval.
    func test(_ state: TrainingState) throws
    /// At the interval of pictures.
    func pictured(_ state: TrainingState) throws
    /// At a phase's end, before its state becomes the next one's.
    func finished(_ state: TrainingState) throws
    /// Whether to stop at the next update.
    var isInterrupted: Bool { get }
}

/// Training was stopped by a signal; a checkpoint has been written.
public struct Interrupted: Error {
    public init() {}
}

/// Runs a recipe's phases, one update after the other, from wherever the state stands.
public final class Trainer {
    private let recipe: Recipe
    private let data: ExperimentData
    private let state: TrainingState
    private let keptFlow: KeptFlow?
    private let lastPhase: Int
    private let observer: any TrainingObserver

    /// - Parameters:
    ///   - recipe: the phases.
    ///   - data: what is trained on.
    ///   - state: the models, and where training stands.
    ///   - keptFlow: where the flow that the first phase trains is kept and found; nil trains it in any case.
    ///   - lastPhase: the number of phases to train; nil: all of them.
    ///   - observer: is told what happens.
    public init(
        _ recipe: Recipe, _ data: ExperimentData, _ state: TrainingState, keptFlow: KeptFlow? = nil,
        lastPhase: Int? = nil, observer: any TrainingObserver
    ) {
        self.recipe = recipe
        self.data = data
        self.state = state
        self.keptFlow = keptFlow
        self.lastPhase = min(lastPhase ?? .max, recipe.phases.count)
        self.observer = observer
    }

    /// Trains to the end of the last phase.
    /// - Throws: ``Interrupted``; `UserError(.diverged)` for a non-finite loss or a destroyed flow.
    public func run() throws {
        // The state may be used after this run, which has no say in that.
        let outer = state.isInterrupted
        defer { state.isInterrupted = outer }
        state.isInterrupted = { [observer] in observer.isInterrupted }
        while state.phase < lastPhase {
            do {
                try runPhase()
                try observer.finished(state)
            } catch is Interrupted {
                // Before its first update a phase has nothing that the checkpoint before it lacks.
                if state.training != nil, state.step > 0 { try observer.checkpoint(state) }
                throw Interrupted()
            }
            state.enterNextPhase()
            try observer.checkpoint(state)
        }
    }

    private func runPhase() throws {
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: state.phase)
        // Only a first phase is a function of data, flow and its own settings alone.
        let kept = state.phase == 0 ? keptFlow : nil
        if state.step == 0, let kept, try kept.read(into: state, steps: context.phase.steps) { return }
        let training = try context.phase.makePhase(context)
        try begin(training)
        if state.hasTestLeft { try test(training) }
        while training.updates < context.phase.steps {
            try state.checkInterruption()
            try step(training, context)
        }
        try kept?.write(state)
    }

    /// Initialises the phase, or takes up what a checkpoint holds of it.
    private func begin(_ training: any Phase) throws {
        state.training = training
        if state.step == 0 {
            try training.start()
            state.shareFirst()
        } else if let archive = state.archive {
            try training.restore(from: archive)
        }
        state.archive = nil
    }

    private func step(_ training: any Phase, _ context: TrainingContext) throws {
        let (start, before) = (ContinuousClock.now, training.updates)
        let update = try training.update()
        state.step += 1
        state.seconds[state.phase] += (ContinuousClock.now - start) / .seconds(1)
        try check(update.measures)
        try observer.updated(state, update)
        let updates = training.updates
        guard updates < context.phase.steps else { return }
        // In a joint phase the flow's updates move nothing that is counted.
        if updates > before { try test(training) }
        if isDue(recipe.checkpoint.every, state.step) { try observer.checkpoint(state) }
    }

    /// Makes the test and the picture that are due after an update. A run that is stopped in a test resumes with it.
    private func test(_ training: any Phase) throws {
        let updates = training.updates
        state.hasTestLeft = true
        if isDue(recipe.evaluate.snapshots, updates) { try observer.pictured(state) }
        if isDue(recipe.evaluate.every, updates) { try observer.test(state) }
        state.hasTestLeft = false
    }

    private func isDue(_ interval: Int, _ updates: Int) -> Bool { interval > 0 && updates % interval == 0 }

    private func check(_ measures: Measures) throws {
        if let wrong = measures.first(where: { !$0.value.isFinite }) {
            throw diverged("\(wrong.metric.key) is \(wrong.value)")
        }
        if let model = state.overflowingModel { throw diverged("a parameter of \(model) overflows") }
    }

    private func diverged(_ what: String) -> UserError {
        UserError(
            .diverged, what,
            at: "phase \(state.phase + 1) (\(recipe.phases[state.phase].kind)), step \(state.step)",
            advice: "lower the phase's rate or set its optimizer.clip")
    }
}
