import EnergyModels
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// The GAN with feature matching; Salimans et al., *Improved Techniques for Training GANs*, 2016.
///
/// The energy is the discriminator: D = S/(1 + S) with S = Σ_k exp(l_k), the K logits' sum. With l = log S its loss is
/// −E[log p(y|x)] + ½·E_data[softplus(−l)] + ½·E_z[softplus(l)], that is FCE's −V, weighted ½, with log q = 0: p is
/// measured against a constant. ρ_k = 1/K and c̄ in l are biases of the logits; c̄ is set such that l starts at 0.
/// Each update of it is followed by one of the generator, on images of its own, by ``featureMatchingLoss(data:samples:)``.
public final class GANPhase: Phase {
    public struct Settings: LabelledPhaseSettings {
        public typealias Training = GANPhase
        public var steps = 0
        public var batch = 64
        /// Labelled images per update.
        public var labels = 64
        /// The optimiser of the discriminator.
        public var optimizer = OptimizerSettings.gan
        public var generatorOptimizer = OptimizerSettings.gan
        /// Weight of V, eq. 12.
        public var valueWeight = 0.5

        public init() {}

        public var optimizers: [(key: String, settings: OptimizerSettings)] {
            [("optimizer", optimizer), ("generator-optimizer", generatorOptimizer)]
        }
    }

    public static let kind = "gan"
    public static let title = "GAN with feature matching"
    public static let models: ModelSet = [.energy, .generator]
    public static let methods = [Method("gan-feature-matching", lastPhase: kind)]
    public static func meaning(of settings: Settings) -> EnergyMeaning { .classifier }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .labelledBatch(\.labels), .generatorOptimizer(\.generatorOptimizer),
            .valueWeight(\.valueWeight),
        ])

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        let (recipe, kind) = (place.recipe, place.cursor.entering("kind"))
        try require(
            recipe.energy.classes > 1 && recipe.data.labels > 0, kind,
            "a gan phase needs labelled images of several classes",
            advice:
                "set data.labels = \(10 * max(2, recipe.energy.classes)), and energy.classes to the number of classes"
        )
        try require(
            recipe.energy.outputs == 0, place.energy.entering("outputs"),
            "the outputs of a gan phase's discriminator are its classes",
            advice: "set energy.outputs = 0")
        try place.checkOpponent(Self.kind)
    }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.generatorOptimizer.warmup = min(settings.generatorOptimizer.warmup, 1)
        return small
    }

    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        pass.classification(batch: settings.batch, labelledBatch: settings.labels, isContrast: true)
            + pass.generatorUpdate(batch: settings.batch, passes: 4, comparesWithData: true)
    }

    public static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe) {
        state.addGenerator(recipe, hasGain: false)
    }

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let energyUpdate: EnergyUpdate
    private let generatorUpdate: GeneratorUpdate
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        energy = try context.energy()
        energyUpdate = EnergyUpdate(
            context, energy: energy,
            .init(
                batch: settings.batch, labelledBatch: settings.labels, valueWeight: settings.valueWeight))
        generatorUpdate = GeneratorUpdate(
            context, energy: energy, generator: try context.generator(), settings.generatorOptimizer,
            comparesWithData: true)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.startEnergy(energy) { [Double](repeating: 0, count: $0.shape.first) }
        generatorUpdate.start()
    }

    public func save(to archive: inout StateArchive) { generatorUpdate.save(to: &archive) }

    public func restore(from archive: StateArchive) throws { try generatorUpdate.restore(from: archive) }

    public func update() -> Update { Update(updateDiscriminator().merging(updateGenerator())) }

    private func updateDiscriminator() -> Measures {
        let samples = generatorUpdate.samples(step: context.state.step)
        return energyUpdate(
            samples: (samples, zeros(samples)), pace: schedule(context.state.step), logDensity: zeros
        ).measures
    }

    private func updateGenerator() -> Measures {
        var distance = 0.0
        let measures = generatorUpdate { players in
            guard let data = players.data else { preconditionFailure("features are matched with data's") }
            let loss = featureMatchingLoss(
                data: energy.features(data, players.opponent),
                samples: energy.features(players.samples, players.opponent))
            distance = context.backend.scalar(loss.value)
            return loss
        }
        return measures.merging([.featureDistance: distance])
    }

    /// log q of images under the constant that a GAN's discriminator is measured against.
    private func zeros(_ images: Tensor) -> Tensor {
        context.backend.zeros([images.shape.first], .float64)
    }
}
