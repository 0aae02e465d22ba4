import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import Scores
import Tensors
import Training

/// One update of the flow: α descends V of eq. 12, or its form with labels swapped, through data and through the samples
/// g_α(z). The energy's layers run in training mode, as in its own update.
package final class FlowUpdate {
    private let context: TrainingContext
    private let settings: JointPhase.Settings
    private let energy: ConditionalEnergy
    private let flow: any Flow
    private let contrast: Contrast
    private let batches: BatchStream

    package init(
        _ context: TrainingContext, _ settings: JointPhase.Settings, energy: ConditionalEnergy, flow: any Flow
    ) {
        self.context = context
        self.settings = settings
        self.energy = energy
        self.flow = flow
        contrast = Contrast(context: context, energy: energy, isFixed: false)
        batches = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .flow, start: context.state.step)
    }

    package func callAsFunction(_ optimizer: Optimizer, pace: Pace) -> EnergyUpdate.Outcome {
        let (loss, pass, statistics, value) = loss()
        var measures = statistics.measures
        measures[.value] = context.backend.scalar(value.value)
        pass.tape.backward(from: loss)
        measures[.flowGradNorm] = optimizer.update(pass.gradient(), pace)
        measures[.flowRate] = pace.rate
        context.state.flowUpdates += 1
        return .init(measures: measures, accuracy: statistics.accuracy)
    }

    /// What the flow descends, with the pass that collects its gradient, and V.
    package func loss() -> (loss: Variable, pass: Pass, statistics: ContrastStatistics, value: Variable) {
        let (state, tape) = (context.state, Tape(context.backend))
        let flowPass = Pass(flow.store, on: tape, mode: .evaluate, trainable: true)
        let dropout = context.key(.dropout, .flow, step: state.step)
        let energyPass = Pass(energy.store, on: tape, mode: .train(dropout: dropout), trainable: false)
        let x = tape.constant(context.images(batches.batch(state.step).images))
        let count = context.recipe.generatedBatch(settings.batch)
        let sample = flow.sample(count, key: context.key(.sample, .samples, step: state.step), flowPass)
        let onData = contrast.difference(
            energy.marginal(x, energyPass), x: x, of: flow, flowPass, gradient: settings.flowGradient)
        let onSamples = contrast.difference(
            energy.marginal(sample.x, energyPass), x: sample.x, logDensity: sample.logDensity, of: flow,
            flowPass,
            gradient: settings.flowGradient)
        let negatives = Double(context.recipe.energy.negatives)
        var loss = settings.objective.loss(data: onData, samples: onSamples, negatives: negatives)
        if settings.likelihood > 0 {
            loss = loss - settings.likelihood * flow.logDensity(x, flowPass).mean()
        }
        return (
            loss, flowPass, ContrastStatistics(onData, onSamples, context.backend),
            contrastValue(data: onData.detached, samples: onSamples.detached, negatives: negatives)
        )
    }
}
