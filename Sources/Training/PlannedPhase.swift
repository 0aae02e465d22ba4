import Datasets
import Networks
import Schemas
import Scores

/// A phase of a recipe: settings of any kind.
public struct PlannedPhase: Sendable {
    public var settings: any PhaseSettings

    public init(_ settings: any PhaseSettings) { self.settings = settings }

    /// The word for the phase in recipes, runs and tables.
    public var kind: String { settings.kind }

    public var steps: Int {
        get { settings.steps }
        set { settings.steps = newValue }
    }
    public var batch: Int {
        get { settings.batch }
        set { settings.batch = newValue }
    }
    public var optimizer: OptimizerSettings {
        get { settings.optimizer }
        set { settings.optimizer = newValue }
    }
    public var labelledBatch: Int? { settings.labelledBatch }

    /// The settings of one kind; nil where the phase is of another.
    public func settings<Settings>(as kind: Settings.Type) -> Settings? { settings as? Settings }

    public func `is`(_ phase: (some Phase).Type) -> Bool { kind == phase.kind }
}

extension PlannedPhase: Equatable {
    public static func == (first: PlannedPhase, second: PlannedPhase) -> Bool {
        first.settings.isEqual(to: second.settings)
    }
}

/// What the type of a phase says, asked of settings whose type is not known.
extension PhaseSettings {
    public var kind: String { Training.kind }
    public var models: ModelSet { Training.models }
    public var drawsSamples: Bool { Training.drawsSamples }
    public var takesLabels: Bool { Training.takesLabels }
    public var meaning: EnergyMeaning { Training.meaning(of: self) }
    public var allowsBatchStatistics: Bool { Training.allowsBatchStatistics(self) }

    public func isEqual(to other: any PhaseSettings) -> Bool { (other as? Self) == self }

    /// The phase with its default settings.
    public var defaults: any PhaseSettings { Self() }

    public func check(_ place: PhasePlace) throws { try Training.check(self, place) }
    public func shrunk(negatives: Int) -> any PhaseSettings { Training.shrunk(self, negatives: negatives) }
    public func timed(share: Double, negatives: Int) -> any PhaseSettings {
        Training.timed(self, share: share, negatives: negatives)
    }
    public func multiplications(_ pass: PassCost) -> Double { Training.multiplications(self, pass) }
    public func otherWork(_ recipe: Recipe, unlabelled: Int) -> OtherWork {
        Training.otherWork(self, recipe, unlabelled: unlabelled)
    }
    public func addModels(to state: TrainingState, _ recipe: Recipe) {
        Training.addModels(self, to: state, recipe)
    }
    public func heldOutMeasures(_ context: TrainingContext) throws -> Measures? {
        try Training.heldOutMeasures(self, context)
    }
    public func boundBitsPerDimension(
        _ context: TrainingContext, of set: any ExampleSet, _ indices: [Int]
    ) throws -> Double? { try Training.boundBitsPerDimension(context, of: set, indices) }
    public func makePhase(_ context: TrainingContext) throws -> any Phase { try Training(self, context) }

    /// The table as TOML, its kind included.
    public func encoded(whole: Bool) -> TOMLNode {
        guard case .table(var entries) = Training.schema.encode(self, whole: whole) else {
            return .table([:])
        }
        entries["kind"] = .string(Training.kind)
        return .table(entries)
    }
}
