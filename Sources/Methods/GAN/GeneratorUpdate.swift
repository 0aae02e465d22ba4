import Datasets
import EnergyModels
import Gradients
import Networks
import Scores
import Tensors
import Training

/// The generator's side of every GAN: the images that the other side learns from, and the generator's own update against
/// the energy's network held fixed.
///
/// The generator normalises by the batch in both, and its own update moves its running averages; it has no dropout.
package final class GeneratorUpdate {
    /// What an update's loss is made of: generated images, images where the loss needs them, and passes of both models,
    /// all on one tape.
    package struct Players {
        package let samples: Variable
        package let data: Variable?
        package let generator: Pass
        /// The energy's pass, whose parameters and statistics stay.
        package let opponent: Pass
    }

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let generator: Generator
    private let optimizerSettings: OptimizerSettings
    private let data: BatchStream?
    private let schedule: Schedule
    private var optimizer: Optimizer?

    /// - Parameter comparesWithData: whether the loss needs images.
    package init(
        _ context: TrainingContext, energy: ConditionalEnergy, generator: Generator,
        _ optimizer: OptimizerSettings, comparesWithData: Bool
    ) {
        self.context = context
        self.energy = energy
        self.generator = generator
        optimizerSettings = optimizer
        let phase = context.phase
        data =
            comparesWithData
            ? context.stream(
                context.data.split.unlabelled, batch: phase.batch, .generator, start: context.state.step)
            : nil
        schedule = optimizer.schedule(steps: phase.steps)
    }

    /// Initialisation at the phase's first step.
    package func start() {
        context.state.initializeCompanion("generator") {
            generator.initialize(count: 256, key: context.key(.sample, .initialization, step: 0))
        }
        optimizer = optimizerSettings.optimizer(for: generator.store)
    }

    package func save(to archive: inout StateArchive) { archive.write(optimizer, "generator") }

    package func restore(from archive: StateArchive) throws {
        optimizer = try archive.restored(optimizerSettings.optimizer(for: generator.store), "generator")
    }

    /// Images for update `step` of the other side, `[N, H, W, C]`.
    package func samples(step: Int) -> Tensor {
        let pass = pass(on: Tape(context.backend), trainable: false)
        return generator(pass.constant(latents(.samples, step: step)), pass).value
    }

    /// Updates the generator by a loss, float64 `[1]`.
    package func callAsFunction(_ loss: (Players) -> Variable) -> Measures {
        let (state, tape) = (context.state, Tape(context.backend))
        guard let optimizer else { preconditionFailure("update before start") }
        let pass = pass(on: tape, trainable: true)
        let dropout = context.key(.dropout, .generator, step: state.step)
        let fixed = Pass(
            energy.store, on: tape, mode: .train(dropout: dropout), trainable: false, movesStatistics: false)
        let images = data.map { tape.constant(context.images($0.batch(state.step).images)) }
        let samples = generator(tape.constant(latents(.generator, step: state.step)), pass)
        let players = Players(samples: samples, data: images, generator: pass, opponent: fixed)
        tape.backward(from: loss(players))
        let pace = schedule(state.step)
        return [
            .generatorRate: pace.rate, .generatorGradNorm: optimizer.update(pass.gradient(), pace),
        ]
    }

    private func pass(on tape: Tape, trainable: Bool) -> Pass {
        let key = context.key(.dropout, .samples, step: context.state.step)
        return Pass(
            generator.store, on: tape, mode: .train(dropout: key), trainable: trainable,
            movesStatistics: trainable)
    }

    private func latents(_ lane: TrainingContext.Lane, step: Int) -> Tensor {
        generator.latents(
            context.recipe.generatedBatch(context.phase.batch), key: context.key(.sample, lane, step: step))
    }
}
