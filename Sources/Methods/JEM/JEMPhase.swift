import Datasets
import EnergyModels
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// JEM: a classifier's logits f_k as the joint density p(x, y) ∝ exp(f_y(x)). Grathwohl et al., *Your Classifier is Secretly an
/// Energy Based Model and You Should Treat it Like One*, ICLR 2020, eqs. 6 and 7, algorithm 1.
///
/// With f(x) = log Σ_k ρ_k exp(f_k(x)) the update descends −E[log p(y|x)] on labelled images and E_chains[f] − E_data[f], whose
/// gradient is that of −log p(x) as far as the chains, Langevin's from a replay buffer, draw from p.
public final class JEMPhase: Phase {
    public struct Settings: LabelledPhaseSettings {
        public typealias Training = JEMPhase
        public var steps = 0
        public var batch = 64
        /// Labelled images per update.
        public var labels = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 1e-4)
        /// Weight of −log p(x) beside that of labels.
        public var densityWeight = 1.0
        /// The replay buffer and the walk from it; the defaults are the paper's.
        public var chains = ChainsSettings(start: .persistent)

        public init() {}
    }

    public static let kind = "jem"
    public static let title = "Classifier as an EBM, against Langevin chains"
    public static let models: ModelSet = .energy
    public static let methods: [Method] = [Method("jem", lastPhase: kind)]
    public static func meaning(of settings: Settings) -> EnergyMeaning { .density }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .labelledBatch(\.labels),
            .number("density-weight", \.densityWeight, .atLeast(0), "weight of -log p(x) on images"),
            .table("chains", \.chains, ChainsSettings.schema, "how the energy is sampled"),
        ])

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        let (recipe, kind) = (place.recipe, place.cursor.entering("kind"))
        try require(
            recipe.data.source != .plane, kind, "a phase of kind \"jem\" is for images, not for points")
        try require(
            recipe.energy.base == .none && recipe.energy.head == .plain, place.energy.entering("base"),
            "a phase of kind \"jem\" has no flow for the energy to be measured against",
            advice: "set energy.base = \"none\" and energy.head = \"plain\"")
        try require(
            recipe.entropy.weight == 0, place.root.entering("entropy").entering("weight"),
            "a phase of kind \"jem\" has no entropy term", advice: "set entropy.weight = 0")
        let chains = place.cursor.entering("chains")
        try require(
            settings.chains.start == .persistent, chains.entering("start"),
            "the chains of a phase of kind \"jem\" start in a replay buffer",
            advice: "set \(chains.entering("start").key) = \"persistent\"")
        try require(
            settings.chains.buffer >= settings.batch, chains.entering("buffer"),
            "\(settings.chains.buffer) chains are fewer than the \(settings.batch) images of an update",
            advice: "set \(chains.entering("buffer").key) = \(settings.batch) or more")
    }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.chains.shrink(batch: small.batch)
        return small
    }

    /// The energy on images, labelled ones and chains, and forward and input gradient at every step of the chains.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        pass.classification(batch: settings.batch, labelledBatch: settings.labels, isContrast: true)
            + Double(2 * settings.batch * settings.chains.steps) * pass.energy
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    private let images: BatchStream
    private let labelled: LabelledImages?
    private let schedule: Schedule
    private var buffer: PersistentChains?
    /// Where the last update's chains ended, `[N, H, W, C]`.
    private var ends: Tensor?

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        energy = try context.energy()
        images = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled, start: context.state.step)
        labelled = LabelledImages(context, energy: energy, batch: settings.labels)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }
    public var pictures: Tensor? { ends.map { $0.rows(0..<min(64, $0.shape.first)) } }
    private var bufferShape: Shape { Shape([settings.chains.buffer] + context.data.extents) }

    public func start() {
        context.startEnergy(energy)
        buffer = PersistentChains(
            bufferShape, backend: context.backend, key: context.key(.sample, .initialization, step: 0))
    }

    public func save(to archive: inout StateArchive) {
        if let buffer { archive.write(buffer.images, "chains") }
    }

    public func restore(from archive: StateArchive) throws {
        buffer = PersistentChains(
            restoring: try archive.tensor("chains", bufferShape), backend: context.backend)
    }

    public func update() throws -> Update {
        let step = context.state.step
        guard let optimizer = context.state.energyOptimizer else {
            preconditionFailure("update before start")
        }
        let data = context.images(images.batch(step).images)
        let walk = walk(data.shape.first, step)
        let labels = labelled?.batch(step)
        let mode = Pass.Mode.train(dropout: context.key(.dropout, .dropout, step: step))
        let pass = Pass(energy.store, on: Tape(context.backend), mode: mode, trainable: true)
        let logits = energy.classParts(
            ofParts: [data, walk.end] + [labels?.images].compactMap { $0 }, pass
        ).logits
        let f = energy.logMarginal(logits, pass)
        let (onData, onChains) = (f.rows(0..<settings.batch), f.rows(settings.batch..<2 * settings.batch))
        var loss =
            settings.densityWeight
            * contrastiveDivergenceLoss(data: onData, chains: onChains, penalty: settings.chains.penalty)
        var measures = try context.chainMeasures(
            data: onData, chains: onChains, walk, largestGap: settings.chains.divergenceGuard)
        if let labels, let labelled {
            let term = labelled.loss(
                logits.rows(2 * settings.batch..<logits.shape.first), labels.labels, pass)
            measures[.labelLoss] = context.backend.scalar(term.value)
            loss = loss + context.recipe.label.weight * term
        }
        pass.tape.backward(from: loss)
        let pace = schedule(step)
        measures[.gradNorm] = optimizer.update(pass.gradient(), pace)
        measures[.rate] = pace.rate
        context.state.energyUpdates += 1
        context.state.average?.follow(energy.store, step: optimizer.step)
        return Update(measures)
    }

    /// Chains from the buffer, which takes up where they end; algorithm 1, lines 4 to 9.
    private func walk(_ count: Int, _ step: Int) -> Langevin.Walk {
        guard let buffer else { preconditionFailure("update before start") }
        let (langevin, backend) = (settings.chains.langevin, context.backend)
        let drawn = buffer.draw(
            count, restart: settings.chains.restart,
            choice: context.key(.batchOrder, .samples, step: step),
            noise: context.key(.sample, .samples, step: step))
        let walk = langevin(
            from: drawn.images, on: backend,
            key: { self.context.key(.noise, .samples, step: step * langevin.steps + $0) }
        ) { [energy] x, tape in
            let pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: false)
            return energy.logMarginal(energy.logits(x, pass), pass)
        }
        buffer.put(walk.end, at: drawn.indices)
        ends = walk.end
        return walk
    }
}
