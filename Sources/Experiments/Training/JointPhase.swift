import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import System
import Tensors

/// Updates energy and flow in turns: θ maximises L_label + V, α minimises V. Gao et al. 2020, section 3.3 and the
/// beginning of section 4.
final class JointPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let flow: Glow
    private let contrast: Contrast
    private let energyUpdate: EnergyUpdate
    private let flowData: BatchStream
    private let energySchedule: Schedule
    private let flowSchedule: Schedule

    init(_ context: TrainingContext, energy: ConditionalEnergy, flow: Glow) {
        self.context = context
        self.energy = energy
        self.flow = flow
        let phase = context.phase
        contrast = Contrast(context: context, energy: energy)
        energyUpdate = EnergyUpdate(context, energy: energy)
        flowData = context.stream(
            context.data.split.unlabelled, batch: phase.batch, .flowDropout, start: context.state.step)
        energySchedule = phase.optimizer.schedule(steps: phase.steps)
        flowSchedule = phase.flowOptimizer.schedule(steps: phase.steps)
    }

    /// The joint phase is as long as the energy's updates are many.
    var isFinished: Bool { context.state.energyUpdates >= context.phase.steps }

    func start() throws {
        let state = context.state
        if !state.flowIsInitialized {
            flow.initialize(with: context.fixedImages(Array(context.data.split.unlabelled.prefix(256))))
            state.flowIsInitialized = true
        }
        startEnergy(energy, context)
        state.flowOptimizer = context.phase.flowOptimizer.optimizer(for: flow.store)
        state.gate = context.phase.gate.gate
        state.guardStart = heldOutBitsPerDimension()
    }

    /// One update of whoever's turn it is; `switched` is 1 when the next update is the other's.
    func update() throws -> Measures {
        let state = context.state
        let turn = state.gate.turn
        var measures = turn == .energy ? updateEnergy() : updateFlow()
        if turn == .energy { state.energyUpdates += 1 } else { state.flowUpdates += 1 }
        let switched = state.gate.record(measures["accuracyGate"] ?? 0)
        measures["gateEMA"] = state.gate.accuracy
        measures["turn"] = turn == .energy ? 0 : 1
        measures["energyUpdates"] = Double(state.energyUpdates)
        measures["flowUpdates"] = Double(state.flowUpdates)
        if switched { measures["switched"] = 1 }
        if turn == .flow && state.flowUpdates % 50 == 0 {
            measures["bpdValidation"] = try guardedBitsPerDimension()
        }
        return measures
    }

    private func updateEnergy() -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let count = context.recipe.generatedBatch(of: context.phase)
        let measures = energyUpdate(
            samples: freshSamples(flow, count, context), pace: energySchedule(state.energyUpdates),
            optimizer: optimizer, logDensity: { [flow] in flow.logDensities($0) })
        state.average?.follow(energy.store, step: optimizer.step)
        return measures
    }

    /// α descends V (or its swapped-label form), through data and through the samples g_α(z). The energy's layers run
    /// in training mode, as in its own update.
    private func updateFlow() -> Measures {
        guard let optimizer = context.state.flowOptimizer else { preconditionFailure("update before start") }
        var (loss, pass, measures) = flowLoss()
        pass.tape.backward(from: loss)
        let pace = flowSchedule(context.state.energyUpdates)
        measures["flowGradNorm"] = optimizer.update(pass.gradient(), pace)
        measures["flowRate"] = pace.rate
        return measures
    }

    /// What the flow descends, with the pass that collects its gradient.
    func flowLoss() -> (loss: Variable, pass: Pass, measures: Measures) {
        let (state, backend) = (context.state, context.backend)
        let tape = Tape(backend)
        let flowPass = Pass(flow.store, on: tape, mode: .evaluate, trainable: true)
        let dropout = context.key(.dropout, .flowDropout, step: state.step)
        let energyPass = Pass(energy.store, on: tape, mode: .train(dropout: dropout), trainable: false)
        let x = tape.constant(context.images(flowData.batch(state.step).images))
        let count = context.recipe.generatedBatch(of: context.phase)
        let sample = flow.sample(
            count, key: context.key(.sample, .samples, step: state.step), flowPass)
        let onData = contrast.difference(marginal(x, energyPass), x: x, of: flow, flowPass)
        let onSamples = contrast.difference(
            marginal(sample.x, energyPass), x: sample.x, logDensity: sample.logDensity, of: flow, flowPass)
        let negatives = Double(context.recipe.energy.negatives)
        var loss = context.phase.objective.loss(data: onData, samples: onSamples, negatives: negatives)
        if context.phase.likelihood > 0 {
            loss = loss - context.phase.likelihood * flow.logDensity(x, flowPass).mean()
        }
        var measures = contrastMeasures(onData, onSamples, backend)
        measures["value"] = backend.scalar(
            contrastValue(data: onData.detached, samples: onSamples.detached, negatives: negatives).value)
        return (loss, flowPass, measures)
    }

    private func marginal(_ x: Variable, _ pass: Pass) -> Variable {
        energy.logMarginal(energy.logits(x, pass), pass)
    }

    private func heldOutBitsPerDimension() -> Double {
        flow.meanBitsPerDimension(context.fixedImages(context.data.heldOut(256)))
    }

    /// - Throws: `UserError(.diverged)` when the flow has lost more than the recipe allows since the phase began.
    private func guardedBitsPerDimension() throws -> Double {
        let now = heldOutBitsPerDimension()
        let start = context.state.guardStart ?? now
        guard now.isFinite, now - start <= context.phase.divergenceGuard else {
            throw UserError(
                .diverged,
                "the joint phase has destroyed the flow: held-out bits/dim went from \(start) to \(now)",
                at: "phase \(context.phaseIndex + 1), flow update \(context.state.flowUpdates)",
                advice: "choose energy.base = \"moving\", or lower gate.cap or phase.flow-optimizer.rate")
        }
        return now
    }
}
