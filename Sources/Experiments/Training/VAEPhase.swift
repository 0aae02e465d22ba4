import Baselines
import Datasets
import EnergyModels
import Gradients
import Networks
import Tensors

/// A variational autoencoder, Kingma & Welling 2014: the energy's layers and two linear ones are the encoder q(z|x), the
/// generator the decoder. All three descend −E_q[log p(x|z)] + KL(q(z|x) ‖ p(z)) in nats a dimension, with one draw of z an
/// image. The energy's own last layer has no part in it and stays as it was initialised.
final class VAEPhase: PhaseTraining {
    private let context: TrainingContext
    private let encoder: ConditionalEnergy
    private let decoder: Generator
    private let autoencoder: VariationalAutoencoder
    private let batches: BatchStream
    private let schedule: Schedule

    init(
        _ context: TrainingContext, encoder: ConditionalEnergy, decoder: Generator,
        autoencoder: VariationalAutoencoder
    ) {
        self.context = context
        self.encoder = encoder
        self.decoder = decoder
        self.autoencoder = autoencoder
        batches = context.stream(
            context.data.split.unlabelled, batch: context.phase.batch, .unlabelled, start: context.state.step)
        schedule = context.phase.optimizer.schedule(steps: context.phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        let state = context.state
        if !state.generatorIsInitialized {
            decoder.initialize(with: noise(256, .initialization))
            state.generatorIsInitialized = true
        }
        startEnergy(encoder, context)
        state.generatorOptimizer = context.phase.optimizer.optimizer(for: decoder.store)
        state.companionOptimizers["vae"] = context.phase.optimizer.optimizer(for: autoencoder.store)
    }

    func update() -> Measures {
        let (state, backend) = (context.state, context.backend)
        let images = context.images(batches.batch(state.step).images)
        let tape = Tape(backend)
        let mode = Pass.Mode.train(dropout: context.key(.dropout, .dropout, step: state.step))
        let passes = [encoder.store, autoencoder.store, decoder.store].map {
            Pass($0, on: tape, mode: mode, trainable: true)
        }
        let posterior = autoencoder.posterior(
            encoder.features(tape.constant(images), passes[0]), passes[1])
        let z = posterior.draw(tape.constant(noise(images.shape.first, .samples)))
        let likelihood = autoencoder.logLikelihood(
            of: images, decoded: decoder(z, passes[2]), passes[1]
        ).mean()
        let divergence = posterior.divergence.mean()
        let bound = divergence - likelihood
        tape.backward(from: bound.affine(scale: 1 / Double(context.data.dimensions)))
        state.energyUpdates += 1
        var measures = descend(passes)
        measures["bpdBound"] = bitsPerDimension(
            -backend.scalar(bound.value), dimensions: context.data.dimensions)
        measures["divergence"] = backend.scalar(divergence.value)
        measures["logLikelihood"] = backend.scalar(likelihood.value)
        state.average?.follow(encoder.store, step: state.energyUpdates)
        return measures
    }

    private func descend(_ passes: [Pass]) -> Measures {
        let (state, pace) = (context.state, schedule(context.state.step))
        guard let encoder = state.energyOptimizer, let decoder = state.generatorOptimizer,
            let companion = state.companionOptimizers["vae"]
        else { preconditionFailure("update before start") }
        let norms = zip([encoder, companion, decoder], passes).map { $0.update($1.gradient(), pace) }
        return [
            "gradNorm": norms[0], "posteriorGradNorm": norms[1], "generatorGradNorm": norms[2],
            "rate": pace.rate,
        ]
    }

    /// ε, standard normal `[count, latent]`.
    private func noise(_ count: Int, _ lane: TrainingContext.Lane) -> Tensor {
        context.backend.normal(
            [count, autoencoder.latent], key: context.key(.sample, lane, step: context.state.step))
    }
}

/// −log p/(D ln 2) + 8, in bits: of a log density in nats of images v/256 − ½ + U[0, 1/256).
func bitsPerDimension(_ logDensity: Double, dimensions: Int) -> Double {
    8 - logDensity / (Double(dimensions) * 0.6931471805599453)
}
