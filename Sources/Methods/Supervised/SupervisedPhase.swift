import EnergyModels
import Networks
import Schemas
import Training

/// The energy's classifier p(y|x) on labelled images, with whatever regularisers unlabelled ones add: supervised training,
/// VAT, the Π-model, temporal ensembling, the mean teacher.
public final class SupervisedPhase: Phase {
    public struct Settings: LabelledPhaseSettings {
        public typealias Training = SupervisedPhase
        public var steps = 0
        public var batch = 64
        /// Labelled images per update.
        public var labels = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 3e-4)

        public init() {}
    }

    public static let kind = "supervised"
    public static let title = "Supervised training"
    public static let models: ModelSet = .energy
    public static func meaning(of settings: Settings) -> EnergyMeaning { .classifier }
    public static func allowsBatchStatistics(_ settings: Settings) -> Bool { true }

    public static let schema = Schema<Settings>(Settings.commonFields + [.labelledBatch(\.labels)])

    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        pass.classification(batch: settings.batch, labelledBatch: settings.labels, isContrast: false)
    }

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let energyUpdate: EnergyUpdate
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        energy = try context.energy()
        energyUpdate = EnergyUpdate(
            context, energy: energy, .init(batch: settings.batch, labelledBatch: settings.labels))
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() { context.startEnergy(energy) }

    public func update() -> Update {
        Update(energyUpdate(pace: schedule(context.state.step)).measures)
    }
}
