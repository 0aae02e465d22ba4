import Baselines
import Datasets
import EnergyModels
import Gradients
import Networks
import Tensors

/// The GAN with feature matching; Salimans et al., *Improved Techniques for Training GANs*, 2016.
///
/// The energy is the discriminator: D = S/(1 + S) with S = Σ_k exp(l_k), the K logits' sum. With l = log S its loss is
/// −E[log p(y|x)] + ½·E_data[softplus(−l)] + ½·E_z[softplus(l)], that is FCE's −V, weighted ½, with log q = 0: p is
/// measured against a constant. ρ_k = 1/K and c̄ in l are biases of the logits; c̄ is set such that l starts at 0.
/// Each update of it is followed by one of the generator, on images of its own, by ``featureMatchingLoss(data:samples:)``.
final class GANPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let generator: Generator
    private let energyUpdate: EnergyUpdate
    private let generatorData: BatchStream
    private let schedule: Schedule
    private let generatorSchedule: Schedule

    init(_ context: TrainingContext, energy: ConditionalEnergy, generator: Generator) {
        self.context = context
        self.energy = energy
        self.generator = generator
        let phase = context.phase
        energyUpdate = EnergyUpdate(context, energy: energy)
        generatorData = context.stream(
            context.data.split.unlabelled, batch: phase.batch, .generator, start: context.state.step)
        schedule = phase.optimizer.schedule(steps: phase.steps)
        generatorSchedule = phase.generatorOptimizer.schedule(steps: phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        let state = context.state
        if !state.generatorIsInitialized {
            generator.initialize(count: 256, key: context.key(.sample, .initialization, step: 0))
            state.generatorIsInitialized = true
        }
        startEnergy(energy, context)
        state.generatorOptimizer = context.phase.generatorOptimizer.optimizer(for: generator.store)
    }

    func update() -> Measures {
        updateDiscriminator().merging(updateGenerator()) { $1 }
    }

    private func updateDiscriminator() -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let pass = generatorPass(trainable: false)
        let samples = generator(pass.constant(latents(.samples)), pass).value
        let measures = energyUpdate(
            samples: (samples, Self.zeros(samples)), pace: schedule(state.step), optimizer: optimizer,
            logDensity: Self.zeros)
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: state.energyUpdates)
        return measures
    }

    private func updateGenerator() -> Measures {
        let state = context.state
        guard let optimizer = state.generatorOptimizer else { preconditionFailure("update before start") }
        let pass = generatorPass(trainable: true)
        let tape = pass.tape
        let dropout = context.key(.dropout, .generator, step: state.step)
        let fixed = Pass(energy.store, on: tape, mode: .train(dropout: dropout), trainable: false)
        let images = tape.constant(context.images(generatorData.batch(state.step).images))
        let samples = generator(tape.constant(latents(.generator)), pass)
        let loss = featureMatchingLoss(
            data: energy.features(images, fixed), samples: energy.features(samples, fixed))
        tape.backward(from: loss)
        let pace = generatorSchedule(state.step)
        return [
            "featureDistance": context.backend.scalar(loss.value), "generatorRate": pace.rate,
            "generatorGradNorm": optimizer.update(pass.gradient(), pace),
        ]
    }

    /// The generator normalises by the batch in both updates, and its own moves the running averages; it has no dropout.
    private func generatorPass(trainable: Bool) -> Pass {
        let key = context.key(.dropout, .samples, step: context.state.step)
        return Pass(
            generator.store, on: Tape(context.backend), mode: .train(dropout: key), trainable: trainable,
            movesStatistics: trainable)
    }

    private func latents(_ lane: TrainingContext.Lane) -> Tensor {
        generator.latents(
            context.recipe.generatedBatch(of: context.phase),
            key: context.key(.sample, lane, step: context.state.step))
    }

    /// log q of images under the constant that a GAN's discriminator is measured against.
    private static func zeros(_ images: Tensor) -> [Double] {
        [Double](repeating: 0, count: images.shape.first)
    }
}
