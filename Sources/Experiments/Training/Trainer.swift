import Datasets
import EnergyModels
import Flows
import Foundation
import System
import Tensors

/// What happens around training: metrics, progress, checkpoints.
public protocol TrainingObserver: AnyObject {
    /// After every update; `measures` are non-empty at the log interval.
    func updated(_ state: TrainingState, _ measures: Measures) throws
    /// At the checkpoint interval, and before leaving on a signal.
    func checkpoint(_ state: TrainingState) throws
    /// At the evaluation interval.
    func tested(_ state: TrainingState, _ measures: Measures) throws
    /// At the interval of pictures.
    func pictured(_ state: TrainingState) throws
    /// At a phase's end, before its state becomes the next one's.
    func finished(_ state: TrainingState) throws
    /// Whether to stop at the next update.
    var isInterrupted: Bool { get }
}

/// Training was stopped by a signal; a checkpoint has been written.
public struct Interrupted: Error {}

/// Runs a recipe's phases, one update after the other, from wherever the state stands.
public final class Trainer {
    private let recipe: Recipe
    private let data: ExperimentData
    private let state: TrainingState
    private let flowCache: FlowCache?
    private unowned let observer: any TrainingObserver

    /// - Parameter flowCache: where trained flows are kept and found; nil trains every flow anew.
    public init(
        _ recipe: Recipe, _ data: ExperimentData, _ state: TrainingState, flowCache: FlowCache?,
        observer: any TrainingObserver
    ) {
        self.recipe = recipe
        self.data = data
        self.state = state
        self.flowCache = flowCache
        self.observer = observer
    }

    /// Trains to the end of the last phase.
    /// - Throws: ``Interrupted``; `UserError(.diverged)` for a non-finite loss or a destroyed flow.
    public func run() throws {
        while state.phase < recipe.phases.count {
            try runPhase()
            try observer.finished(state)
            state.enterNextPhase()
            try observer.checkpoint(state)
        }
    }

    private func runPhase() throws {
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: state.phase)
        if try takeFlowFromCache(context) { return }
        let training = context.makeTraining()
        if state.step == 0 { try training.start() }
        while !training.isFinished {
            if observer.isInterrupted {
                try observer.checkpoint(state)
                throw Interrupted()
            }
            try step(training, context)
        }
        try keepFlow(context)
    }

    private func step(_ training: any PhaseTraining, _ context: TrainingContext) throws {
        let (start, before) = (ContinuousClock.now, state.updates(in: context.phase))
        let measures = try training.update()
        state.step += 1
        state.seconds[state.phase] += (ContinuousClock.now - start) / .seconds(1)
        try check(measures)
        try observer.updated(state, measures)
        guard !training.isFinished else { return }
        let updates = state.updates(in: context.phase)
        // In a joint phase the flow's updates move nothing that is counted.
        if updates > before {
            if isDue(recipe.evaluate.every, updates) { try observer.tested(state, try quickTest()) }
            if isDue(recipe.evaluate.snapshots, updates) { try observer.pictured(state) }
        }
        if isDue(recipe.checkpoint.every, state.step) { try observer.checkpoint(state) }
    }

    private func isDue(_ interval: Int, _ updates: Int) -> Bool { interval > 0 && updates % interval == 0 }

    private func check(_ measures: Measures) throws {
        guard let wrong = measures.first(where: { !$0.value.isFinite }) else { return }
        throw UserError(
            .diverged, "\(wrong.key) is \(wrong.value)",
            at: "phase \(state.phase + 1) (\(recipe.phases[state.phase].kind.rawValue)), step \(state.step)",
            advice: "lower the phase's rate or set its optimizer.clip")
    }

    /// Bits/dim of held-out images in a flow phase, test error elsewhere; where the true density is known, how far
    /// the models' are from it.
    private func quickTest() throws -> Measures {
        let evaluator = Evaluator(recipe, data, state)
        var measures = evaluator.logDensityErrors()?.scores.measures ?? [:]
        let kind = recipe.phases[state.phase].kind
        if kind == .flowMLE {
            let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: state.phase)
            measures["bpdValidation"] = state.flow?.meanBitsPerDimension(
                context.fixedImages(data.heldOut(256)))
            return measures
        }
        if kind == .vae {
            measures["bpdBoundValidation"] = evaluator.variationalBound(of: data.train, data.heldOut(256))
            return measures
        }
        if kind == .joint {
            measures["energyUpdates"] = Double(state.energyUpdates)
            measures["flowUpdates"] = Double(state.flowUpdates)
        }
        guard let predictions = try evaluator.predictions(of: data.test) else { return measures }
        measures["testError"] = predictions.errorRate
        measures["testNLL"] = predictions.negativeLogLikelihood
        measures["heldOutError"] = try evaluator.heldOutPredictions()?.errorRate
        return measures
    }
}

extension TrainingContext {
    /// The training of the phase, of models that the recipe has made.
    func makeTraining() -> any PhaseTraining {
        switch (phase.kind, state.flow, state.energy) {
        case (.flowMLE, .some(let flow), _): return FlowPhase(self, flow: flow)
        case (.energy, _, .some(let energy)), (.supervised, _, .some(let energy)):
            return EnergyPhase(self, energy: energy)
        case (.joint, .some(let flow), .some(let energy)):
            return JointPhase(self, energy: energy, flow: flow)
        case (.gan, _, .some(let energy)):
            guard let generator = state.generator else { fallthrough }
            return GANPhase(self, energy: energy, generator: generator)
        case (.chains, _, .some(let energy)): return ChainsPhase(self, energy: energy)
        case (.vae, _, .some(let energy)):
            guard let decoder = state.generator, let autoencoder = state.autoencoder else { fallthrough }
            return VAEPhase(self, encoder: energy, decoder: decoder, autoencoder: autoencoder)
        case (.adversarial, _, .some(let energy)):
            guard let generator = state.generator else { fallthrough }
            return AdversarialPhase(self, energy: energy, generator: generator)
        default: preconditionFailure("a phase without its model")
        }
    }
}

// MARK: - Flows kept by hash

extension Trainer {
    /// Only a first phase is a function of data, flow and its own settings alone.
    private func cachePath(_ context: TrainingContext) -> String? {
        guard context.phaseIndex == 0, context.phase.kind == .flowMLE else { return nil }
        return flowCache?.path(recipe.flowHash(data: data.train.sha256), precision: state.backend.reduced)
    }

    private func takeFlowFromCache(_ context: TrainingContext) throws -> Bool {
        guard state.step == 0, let path = cachePath(context), let kept = try flowCache?.read(path),
            let flow = state.flow
        else { return false }
        try flow.store.read(from: kept.file, prefix: "flow", at: path)
        state.flowIsInitialized = true
        state.step = context.phase.steps
        state.flowUpdates = context.phase.steps
        state.seconds[0] = kept.seconds
        return true
    }

    private func keepFlow(_ context: TrainingContext) throws {
        guard let path = cachePath(context) else { return }
        try flowCache?.write(state, to: path)
    }
}

extension TrainingState {
    fileprivate func enterNextPhase() {
        phase += 1
        (step, energyUpdates, flowUpdates) = (0, 0, 0)
        flowOptimizer = nil
        generatorOptimizer = nil
        companionOptimizers = [:]
        chains = nil
    }
}
