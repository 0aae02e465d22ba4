import Baselines
import Datasets
import EnergyModels
import Gradients
import Networks
import Tensors

/// A GAN without labels: the energy's network is the critic f, and the phase's objective says what it and the generator
/// minimise. Each update of the generator follows `critic-steps` of the critic, on images of their own.
final class AdversarialPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let generator: Generator
    private let objective: any AdversarialObjective
    private let generatorUpdate: GeneratorUpdate
    private let batches: BatchStream
    private let schedule: Schedule

    init(_ context: TrainingContext, energy: ConditionalEnergy, generator: Generator) {
        self.context = context
        self.energy = energy
        self.generator = generator
        let (phase, step) = (context.phase, context.state.step)
        objective = phase.adversarialObjective
        generatorUpdate = GeneratorUpdate(
            context, energy: energy, generator: generator, comparesWithData: objective.comparesWithData)
        batches = context.stream(
            context.data.split.unlabelled, batch: phase.batch, .unlabelled, start: step * phase.criticSteps)
        schedule = phase.optimizer.schedule(steps: phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        startEnergy(energy, context)
        generatorUpdate.start()
    }

    func update() -> Measures {
        let turns = context.phase.criticSteps
        var measures: Measures = [:]
        for turn in 0..<turns {
            measures = updateCritic(context.state.step * turns + turn)
            // A later update must not hide a number that is not finite.
            guard measures.values.allSatisfy(\.isFinite) else { return measures }
        }
        return measures.merging(updateGenerator()) { $1 }
    }

    /// Update `step` of the critic, counted over the whole phase.
    private func updateCritic(_ step: Int) -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let images = context.images(batches.batch(step).images)
        let samples = generatorUpdate.samples(step: step)
        let mode = Pass.Mode.train(dropout: context.key(.dropout, .dropout, step: step))
        let pass = Pass(energy.store, on: Tape(context.backend), mode: mode, trainable: true)
        let f = energy.logits(ofParts: [images, samples], pass)
        let count = images.shape.first
        var loss = objective.criticLoss(data: f.rows(0..<count), samples: f.rows(count..<f.shape.first))
        var measures = ["criticLoss": context.backend.scalar(loss.value)]
        let key = context.key(.sample, .adversary, step: step)
        if let penalty = objective.penalty(critic(pass), data: images, samples: samples, key: key) {
            loss = loss + penalty.loss
            measures.merge(penalty.measures) { $1 }
        }
        pass.tape.backward(from: loss)
        let pace = schedule(state.step)
        measures["gradNorm"] = optimizer.update(pass.gradient(), pace)
        measures["rate"] = pace.rate
        measures.merge(objective.constrain(energy.store)) { $1 }
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return measures
    }

    private func critic(_ pass: Pass) -> Critic {
        Critic(
            pass, function: { [energy] in energy.logits($0, $1, activations: $1.backend.real) },
            derivative: { [energy] in energy.directionalDerivative(at: $0, along: $1, $2) })
    }

    private func updateGenerator() -> Measures {
        var measures: Measures = [:]
        let update = generatorUpdate { players in
            let data = players.data.map { energy.logits($0, players.opponent) }
            var loss = objective.generatorLoss(
                data: data, samples: energy.logits(players.samples, players.opponent))
            measures["generatorLoss"] = context.backend.scalar(loss.value)
            if let regularizer = objective.regularizer(of: generator, players.generator) {
                loss = loss + regularizer.loss
                measures.merge(regularizer.measures) { $1 }
            }
            return loss
        }
        return measures.merging(update) { $1 }
    }
}

extension ConditionalEnergy {
    /// f_k − δ_k of the parts of a batch, in their order. With batch statistics every part is evaluated by itself: its own
    /// images alone then decide them, in this pass and in later ones over the same part.
    func logits(ofParts parts: [Tensor], _ pass: Pass, _ trace: Linearization? = nil) -> Variable {
        guard configuration.usesBatchStatistics else {
            return logits(pass.constant(pass.backend.stacked(parts)), pass, trace: trace)
        }
        return stacked(
            parts.enumerated().map { index, part in
                logits(pass.constant(part), index == 0 ? pass : pass.withMasks(lane: 8 + index))
            })
    }
}
