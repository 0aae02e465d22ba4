import Datasets
import Networks
import Schemas
import Scores
import Tensors

/// One stretch of training: which models are updated, by what loss, and for how long.
///
/// A method is a type that conforms: it declares the keys of its settings, makes one update after the other, and saves
/// and restores what it alone knows. Recipes, checkpoints, costs, tests and pages ask the type and know no method by name.
public protocol Phase: AnyObject, SendableMetatype {
    associatedtype Settings: PhaseSettings where Settings.Training == Self

    /// The word for the phase in recipes, runs and tables, such as `flow-mle`.
    static var kind: String { get }
    /// What pages call it, such as "Flow, maximum likelihood".
    static var title: String { get }
    /// The keys of the `[[phase]]` table, their types and meanings.
    static var schema: Schema<Settings> { get }
    /// The models that must be there.
    static var models: ModelSet { get }
    /// Whether labelled images take part.
    static var takesLabels: Bool { get }
    /// What the energy's f is after the phase.
    static func meaning(of settings: Settings) -> EnergyMeaning
    /// Whether the phase trains what draws samples: a flow or a generator.
    static var drawsSamples: Bool { get }
    /// Whether f may depend on the whole batch, as with batch normalisation: that of a density may not.
    static func allowsBatchStatistics(_ settings: Settings) -> Bool
    /// The rows of tables that end with such a phase.
    static var methods: [Method] { get }

    /// Throws `UserError(.recipe)` at the key that contradicts the others.
    static func check(_ settings: Settings, _ place: PhasePlace) throws
    /// The settings cut down to about a second: few steps, small batches.
    static func shrunk(_ settings: Settings, negatives: Int) -> Settings
    /// The settings of an endless phase whose updates are timed: batches are scaled by `share`, what is drawn once is small.
    static func timed(_ settings: Settings, share: Double, negatives: Int) -> Settings
    /// Multiplications in the products of one update.
    static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double
    /// Work that is not part of every update.
    static func otherWork(_ settings: Settings, _ recipe: Recipe, unlabelled: Int) -> OtherWork
    /// Adds the models that only this phase needs, beside the recipe's flow and energy.
    static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe)
    /// What a test on the way says in place of classification errors, from held-out images; nil: classification errors.
    static func heldOutMeasures(_ settings: Settings, _ context: TrainingContext) throws -> Measures?
    /// An upper bound on the bits/dim of examples of `set` that the phase's model gives; nil for models without one.
    static func boundBitsPerDimension(
        _ context: TrainingContext, of set: any ExampleSet, _ indices: [Int]
    ) throws -> Double?

    /// - Throws: `UserError(.recipe)` where a model is missing.
    init(_ settings: Settings, _ context: TrainingContext) throws
    /// Initialisation at the phase's first step; a resumed phase restores itself in its place.
    func start() throws
    /// One update of the state's step.
    func update() throws -> Update
    /// Updates as ``PhaseSettings/steps`` counts them.
    var updates: Int { get }
    /// Counts that tests and the phase's end write down.
    var counts: Measures { get }
    /// Images to show of the phase's model beside its samples, `[N, H, W, C]`; nil: samples of the model.
    var pictures: Tensor? { get }
    /// Writes what only the phase knows: optimisers, gate, chains.
    func save(to archive: inout StateArchive)
    /// Reads it again.
    /// - Throws: `UserError(.data)` where the archive lacks it.
    func restore(from archive: StateArchive) throws
}

/// What a phase is told: the values of its `[[phase]]` table.
public protocol PhaseSettings: Sendable, Equatable {
    associatedtype Training: Phase where Training.Settings == Self

    /// The defaults.
    init()
    /// Updates, as ``Phase/updates`` counts them.
    var steps: Int { get set }
    /// Images without labels per update.
    var batch: Int { get set }
    /// Labelled images per update; nil where none take part.
    var labelledBatch: Int? { get }
    /// The optimiser of the phase's model; of the energy where there are two.
    var optimizer: OptimizerSettings { get set }
    /// All optimisers by their keys.
    var optimizers: [(key: String, settings: OptimizerSettings)] { get }
}

/// Settings of a phase that labelled images take part in.
public protocol LabelledPhaseSettings: PhaseSettings {
    /// Labelled images per update.
    var labels: Int { get set }
}

extension LabelledPhaseSettings {
    public var labelledBatch: Int? { labels }
}

extension PhaseSettings {
    public var labelledBatch: Int? { nil }
    public var optimizers: [(key: String, settings: OptimizerSettings)] { [("optimizer", optimizer)] }
}

/// The models that phases share.
public struct ModelSet: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The flow q, trained or in training.
    public static let flow = ModelSet(rawValue: 1)
    /// The conditional energy.
    public static let energy = ModelSet(rawValue: 2)
    /// What draws images from latent numbers.
    public static let generator = ModelSet(rawValue: 4)
}

/// What f says after a phase.
public enum EnergyMeaning: Sendable {
    /// There is no energy, or its f is no density.
    case none
    /// p(y|x) alone.
    case classifier
    /// f is an unnormalised log density, of classes too where there are several.
    case density
}

/// Work of a phase that its updates do not contain, for the prediction of its time.
public struct OtherWork: Sendable, Equatable {
    /// Images of which log q is computed.
    public var flowDensities = 0.0
    /// Samples that are drawn from the flow.
    public var samples = 0.0
    /// Updates of a second model beside those that ``PhaseSettings/steps`` counts.
    public var flowUpdates = 0.0
    /// Bytes that the phase holds beside models and batches: pools, and what is stored for each image.
    public var heldBytes = 0.0

    public init() {}
}

extension Phase {
    public static var title: String { kind }
    public static var takesLabels: Bool { false }
    public static func allowsBatchStatistics(_ settings: Settings) -> Bool { false }
    public static var drawsSamples: Bool { models.contains(.generator) }
    public static var methods: [Method] { [] }
    public static func check(_ settings: Settings, _ place: PhasePlace) throws {}
    public static func otherWork(_ settings: Settings, _ recipe: Recipe, unlabelled: Int) -> OtherWork {
        .init()
    }
    public static func addModels(_ settings: Settings, to state: TrainingState, _ recipe: Recipe) {}
    public static func heldOutMeasures(_ settings: Settings, _ context: TrainingContext) -> Measures? { nil }
    public static func boundBitsPerDimension(
        _ context: TrainingContext, of set: any ExampleSet, _ indices: [Int]
    ) -> Double? { nil }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings { settings.shrunk() }

    public static func timed(_ settings: Settings, share: Double, negatives: Int) -> Settings {
        settings.timed(share: share)
    }

    public var counts: Measures { [:] }
    public var pictures: Tensor? { nil }
    public func save(to archive: inout StateArchive) {}
    public func restore(from archive: StateArchive) throws {}
}

extension Phase where Settings: LabelledPhaseSettings {
    public static var takesLabels: Bool { true }
    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings { settings.shrunk() }
    public static func timed(_ settings: Settings, share: Double, negatives: Int) -> Settings {
        settings.timed(share: share)
    }
}

extension LabelledPhaseSettings {
    /// What every phase with labels of a smoke run has: 3 updates of 8 images of each kind.
    public func shrunk() -> Self {
        var small = commonShrunk()
        small.labels = min(labels, 8)
        return small
    }

    /// What every phase with labels has that is timed: no end, and a share of its batches.
    public func timed(share: Double) -> Self {
        var trial = commonTimed(share: share)
        trial.labels = scaled(labels, share)
        return trial
    }
}

extension PhaseSettings {
    /// What every phase of a smoke run has: 3 updates of 8 images.
    public func shrunk() -> Self { commonShrunk() }

    /// What every phase has that is timed: no end, and a share of its batch.
    public func timed(share: Double) -> Self { commonTimed(share: share) }

    fileprivate func commonShrunk() -> Self {
        var small = self
        small.steps = min(steps, 3)
        small.batch = min(batch, 8)
        small.optimizer.warmup = min(optimizer.warmup, 1)
        return small
    }

    fileprivate func commonTimed(share: Double) -> Self {
        var trial = self
        trial.steps = .max
        trial.batch = scaled(batch, share)
        return trial
    }
}

/// A share of a batch: at least one image of a batch that has any.
public func scaled(_ count: Int, _ share: Double) -> Int {
    max(min(count, 1), Int((share * Double(count)).rounded()))
}

/// What one update did.
public struct Update: Sendable {
    /// What is worth logging.
    public var measures: Measures
    /// Something that is logged whenever it happens.
    public var event: Event?
    /// Whether the measures are logged at this update whatever the interval.
    public var isAlwaysLogged = false

    /// Something that happens now and then, as a line of its own in the metrics.
    public struct Event: Sendable {
        public let name: String
        public let measures: Measures
        public let words: [String: String]

        public init(name: String, measures: Measures = [:], words: [String: String] = [:]) {
            (self.name, self.measures, self.words) = (name, measures, words)
        }
    }

    public init(_ measures: Measures = [:]) { self.measures = measures }
}
