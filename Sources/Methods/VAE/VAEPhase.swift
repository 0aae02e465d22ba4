import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// A variational autoencoder, Kingma & Welling 2014: the energy's layers and two linear ones are the encoder q(z|x), the
/// generator the decoder. All three descend −E_q[log p(x|z)] + KL(q(z|x) ‖ p(z)) in nats a dimension, with one draw of z an
/// image. The energy's own last layer has no part in it and stays as it was initialised.
public final class VAEPhase: Phase {
    public struct Settings: PhaseSettings {
        public typealias Training = VAEPhase
        public var steps = 0
        public var batch = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 1e-3)
        /// p(x|z).
        public var observation = ImageLikelihood.gaussian

        public init() {}
    }

    public static let kind = "vae"
    public static let title = "Variational autoencoder"
    public static let models: ModelSet = [.energy, .generator]
    public static let methods = [Method("vae", lastPhase: kind, classifies: false)]
    public static func meaning(of settings: Settings) -> EnergyMeaning { .none }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .choice("observation", \.observation, "the decoder's p(x|z): normal, or a discretized logistic")
        ])

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        try place.checkUnsupervised(kind)
        let size = place.recipe.data.size
        try require(
            size % GeneratorConfiguration.scale == 0, place.root.entering("data").entering("size"),
            "the decoder draws images whose side is a multiple of \(GeneratorConfiguration.scale) pixels",
            advice: "set data.size = \(place.recipe.roundedSize(to: GeneratorConfiguration.scale))")
    }

    /// Encoder, its last layers, and decoder, with all gradients.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        let features = pass.recipe.energyConfiguration.featureCount(shape: Shape(pass.extents))
        let posterior = Double(2 * pass.recipe.generator.latent * features)
        return Double(settings.batch) * (pass.energyTraining + 3 * (posterior + pass.generator))
    }

    public static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe) {
        guard let encoder = state.energy else { return }
        let backend = state.backend
        let decoder = Generator(
            recipe.generatorConfiguration(state.extents, hasGain: false), backend: backend,
            seed: UInt64(recipe.seed))
        let autoencoder = VariationalAutoencoder(
            features: encoder.featureCount, latent: recipe.generator.latent, channels: state.extents[2],
            likelihood: settings.observation, backend: backend, seed: UInt64(recipe.seed) ^ 1 << 32)
        state.add(
            Companion("generator", decoder, decoder.store) { count, key in
                let pass = Pass.inference(decoder.store)
                let z = backend.normal([count, autoencoder.latent], key: key)
                return decoder(pass.constant(z), pass).value
            })
        state.add(Companion("vae", autoencoder, autoencoder.store))
    }

    private let context: TrainingContext
    private let settings: Settings
    private let encoder: ConditionalEnergy
    private let decoder: Generator
    private let autoencoder: VariationalAutoencoder
    private let batches: BatchStream
    private let schedule: Schedule
    private var decoderOptimizer: Optimizer?
    private var posteriorOptimizer: Optimizer?

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        encoder = try context.energy()
        decoder = try context.generator()
        guard let autoencoder: VariationalAutoencoder = context.state.companion("vae") else {
            throw context.lacking("an autoencoder")
        }
        self.autoencoder = autoencoder
        batches = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled, start: context.state.step)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.state.initializeCompanion("generator") {
            decoder.initialize(with: noise(TrainingContext.initializationCount, .initialization))
        }
        context.startEnergy(encoder)
        decoderOptimizer = settings.optimizer.optimizer(for: decoder.store)
        posteriorOptimizer = settings.optimizer.optimizer(for: autoencoder.store)
    }

    public func save(to archive: inout StateArchive) {
        archive.write(decoderOptimizer, "generator")
        archive.write(posteriorOptimizer, "vae")
    }

    public func restore(from archive: StateArchive) throws {
        decoderOptimizer = try archive.restored(
            settings.optimizer.optimizer(for: decoder.store), "generator")
        posteriorOptimizer = try archive.restored(
            settings.optimizer.optimizer(for: autoencoder.store), "vae")
    }

    public func update() -> Update {
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
        measures[.bpdBound] = Flows.bitsPerDimension(
            -backend.scalar(bound.value), dimensions: context.data.dimensions)
        measures[.divergence] = backend.scalar(divergence.value)
        measures[.logLikelihood] = backend.scalar(likelihood.value)
        state.average?.follow(encoder.store, step: state.energyUpdates)
        return Update(measures)
    }

    private func descend(_ passes: [Pass]) -> Measures {
        let (state, pace) = (context.state, schedule(context.state.step))
        guard let encoder = state.energyOptimizer, let decoderOptimizer, let posteriorOptimizer
        else { preconditionFailure("update before start") }
        let norms = zip([encoder, posteriorOptimizer, decoderOptimizer], passes)
            .map { $0.update($1.gradient(), pace) }
        return [
            .gradNorm: norms[0], .posteriorGradNorm: norms[1], .generatorGradNorm: norms[2],
            .rate: pace.rate,
        ]
    }

    /// ε, standard normal `[count, latent]`.
    private func noise(_ count: Int, _ lane: TrainingContext.Lane) -> Tensor {
        context.backend.normal(
            [count, autoencoder.latent], key: context.key(.sample, lane, step: context.state.step))
    }
}
