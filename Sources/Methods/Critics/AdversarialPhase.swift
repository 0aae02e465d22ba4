import Datasets
import EnergyModels
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// A GAN without labels: the energy's network is the critic f, and the phase's objective says what it and the generator
/// minimise. Each update of the generator follows `critic-steps` of the critic, on images of their own.
public final class AdversarialPhase: Phase {
    /// What critic and generator minimise.
    public enum Loss: String, CaseIterable, Sendable {
        /// Logistic losses: DCGAN.
        case nonSaturating = "non-saturating"
        /// The critic's difference, its weights clipped: WGAN.
        case wasserstein
        /// The same with a penalty on the gradient's length in place of clipping: WGAN-GP.
        case gradientPenalty = "gradient-penalty"
        /// The hinge loss: SN-GAN.
        case hinge
        /// Energies' difference, and an entropy for the generator: DDGM.
        case deepDirected = "deep-directed"
        /// Kernel means, the critic repelling images from each other: MMD-GAN.
        case repulsive
    }

    public struct Settings: PhaseSettings {
        public typealias Training = AdversarialPhase
        /// Updates of the generator.
        public var steps = 0
        public var batch = 64
        /// The optimiser of the critic.
        public var optimizer = OptimizerSettings.adversarial
        public var generatorOptimizer = OptimizerSettings.adversarial
        public var loss = Loss.nonSaturating
        /// Updates of the critic before each of the generator.
        public var criticSteps = 1
        /// Largest magnitude of a weight of WGAN's critic.
        public var weightClip = 0.01
        /// λ of WGAN-GP.
        public var penaltyWeight = 10.0

        public init() {}

        public var optimizers: [(key: String, settings: OptimizerSettings)] {
            [("optimizer", optimizer), ("generator-optimizer", generatorOptimizer)]
        }

        package var objective: any AdversarialObjective {
            switch loss {
            case .nonSaturating: NonSaturating()
            case .wasserstein: Wasserstein(bound: weightClip)
            case .gradientPenalty: GradientPenalty(weight: penaltyWeight)
            case .hinge: HingeLoss()
            case .deepDirected: DeepDirected()
            case .repulsive: MaximumMeanDiscrepancy()
            }
        }
    }

    public static let kind = "adversarial"
    public static let title = "Critic against generator"
    public static let models: ModelSet = [.energy, .generator]
    public static func meaning(of settings: Settings) -> EnergyMeaning {
        settings.loss == .deepDirected ? .density : .none
    }

    public static func allowsBatchStatistics(_ settings: Settings) -> Bool { true }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .generatorOptimizer(\.generatorOptimizer),
            .choice("loss", \.loss, "what critic and generator minimise"),
            .integer(
                "critic-steps", \.criticSteps, .between(1, 1000),
                "updates of the critic for each update of the generator"),
            .number("weight-clip", \.weightClip, .above(0), "largest magnitude of the critic's weights")
                .when(\.loss, "loss", .wasserstein),
            .number(
                "penalty-weight", \.penaltyWeight, .above(0),
                "λ, the weight of the penalty on the critic's gradient"
            ).when(\.loss, "loss", .gradientPenalty),
        ])

    public static let methods: [Method] = [
        method("dcgan", .nonSaturating), method("wgan", .wasserstein),
        method("wgan-gp", .gradientPenalty), method("sn-gan", .hinge), method("ddgm", .deepDirected),
        method("mmd-gan", .repulsive),
    ]

    private static func method(_ name: String, _ loss: Loss) -> Method {
        Method(name, lastPhase: kind, classifies: false) { recipe, place in
            let own = recipe.phases.compactMap { $0.settings(as: Settings.self)?.loss }
            guard let other = own.first(where: { $0 != loss }) else { return }
            throw place.entering("method").error(
                "method \"\(name)\" and a phase with loss = \"\(other.rawValue)\" contradict each other",
                advice: "set phase.adversarial.loss = \"\(loss.rawValue)\"")
        }
    }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.generatorOptimizer.warmup = min(settings.generatorOptimizer.warmup, 1)
        small.criticSteps = min(settings.criticSteps, 2)
        return small
    }

    /// Updates of the critic and one of the generator. A critic's update draws samples and trains on them and on images; a
    /// penalty adds the gradient at points between them, and training on the derivative along it, which runs beside another
    /// pass.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        let (batch, generated) = (
            Double(settings.batch), Double(pass.recipe.generatedBatch(settings.batch))
        )
        let penalty =
            settings.loss == .gradientPenalty ? (3 * pass.energy + pass.energyTraining) * batch : 0
        let critic = pass.generator * generated + pass.energyTraining * (batch + generated) + penalty
        return Double(settings.criticSteps) * critic
            + pass.generatorUpdate(
                batch: settings.batch, passes: 3, comparesWithData: settings.objective.comparesWithData)
    }

    public static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe) {
        state.addGenerator(recipe, hasGain: true)
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    private let generator: Generator
    private let objective: any AdversarialObjective
    private let generatorUpdate: GeneratorUpdate
    private let batches: BatchStream
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        energy = try context.energy()
        generator = try context.generator()
        objective = settings.objective
        generatorUpdate = GeneratorUpdate(
            context, energy: energy, generator: generator, settings.generatorOptimizer,
            comparesWithData: objective.comparesWithData)
        batches = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled,
            start: context.state.step * settings.criticSteps)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.startEnergy(energy)
        generatorUpdate.start()
    }

    public func save(to archive: inout StateArchive) { generatorUpdate.save(to: &archive) }

    public func restore(from archive: StateArchive) throws { try generatorUpdate.restore(from: archive) }

    public func update() -> Update {
        let turns = settings.criticSteps
        var measures: Measures = [:]
        for turn in 0..<turns {
            measures = updateCritic(context.state.step * turns + turn)
            // A later update must not hide a number that is not finite.
            guard measures.allSatisfy(\.value.isFinite) else { return Update(measures) }
        }
        return Update(measures.merging(updateGenerator()))
    }

    /// Update `step` of the critic, counted over the whole phase.
    private func updateCritic(_ step: Int) -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let images = context.images(batches.batch(step).images)
        let samples = generatorUpdate.samples(step: step)
        let mode = Pass.Mode.train(dropout: context.key(.dropout, .dropout, step: step))
        let pass = Pass(energy.store, on: Tape(context.backend), mode: mode, trainable: true)
        let f = energy.classParts(ofParts: [images, samples], pass).logits
        let count = images.shape.first
        var loss = objective.criticLoss(data: f.rows(0..<count), samples: f.rows(count..<f.shape.first))
        var measures: Measures = [.criticLoss: context.backend.scalar(loss.value)]
        let key = context.key(.sample, .adversary, step: step)
        if let penalty = objective.penalty(critic(pass), data: images, samples: samples, key: key) {
            loss = loss + penalty.loss
            measures.merge(penalty.measures)
        }
        pass.tape.backward(from: loss)
        let pace = schedule(state.step)
        measures[.gradNorm] = optimizer.update(pass.gradient(), pace)
        measures[.rate] = pace.rate
        measures.merge(objective.constrain(energy.store))
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
            measures[.generatorLoss] = context.backend.scalar(loss.value)
            if let regularizer = objective.regularizer(of: generator, players.generator) {
                loss = loss + regularizer.loss
                measures.merge(regularizer.measures)
            }
            return loss
        }
        return measures.merging(update)
    }
}
