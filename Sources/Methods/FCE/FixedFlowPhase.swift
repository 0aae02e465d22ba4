import EnergyModels
import Flows
import Networks
import Schemas
import Tensors
import Training

/// FCE-init: the energy maximises L_label + V against a fixed flow. Gao et al. 2020, section 3.5, with eqs. 12 and 17.
public final class FixedFlowPhase: Phase {
    public struct Settings: LabelledPhaseSettings {
        public typealias Training = FixedFlowPhase
        public var steps = 0
        public var batch = 64
        /// Labelled images per update.
        public var labels = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 3e-4)
        /// Weight of V, eq. 12.
        public var valueWeight = 1.0
        /// Samples of the flow that are held at once; 0: fresh ones for each update.
        public var pool = 0
        /// Uses of a sample before the next one of the flow's stream takes its place.
        public var poolUses = 8
        /// Cached dequantisation draws of each image; 0: fresh noise for each update.
        public var draws = 0

        public init() {}
    }

    public static let kind = "energy"
    public static let title = "EBM against the fixed flow"
    public static let models: ModelSet = [.flow, .energy]
    public static func meaning(of settings: Settings) -> EnergyMeaning { .density }

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .labelledBatch(\.labels), .valueWeight(\.valueWeight),
            .integer(
                "pool", \.pool, .atLeast(0), "samples of the fixed flow that are kept; 0 draws fresh ones"),
            .integer(
                "pool-uses", \.poolUses, .atLeast(1),
                "how often a kept sample is used before another replaces it"),
            .draws(\.draws),
        ])

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.draws = min(settings.draws, 1)
        small.pool = min(settings.pool, 2 * small.batch * negatives)
        return small
    }

    public static func timed(_ settings: Settings, share: Double, negatives: Int) -> Settings {
        var trial = settings.timed(share: share)
        trial.draws = min(settings.draws, 1)
        // The pool is filled once; drawing samples is measured by itself.
        if settings.pool > 0 { (trial.pool, trial.poolUses) = (trial.batch * negatives, .max) }
        return trial
    }

    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        let batch = Double(settings.batch)
        let generated = Double(pass.recipe.generatedBatch(settings.batch))
        let needsLogDensity =
            Base.needsLogDensity(pass.recipe.energy.base, isFixed: true) && settings.draws == 0
        return pass.classification(batch: settings.batch, labelledBatch: settings.labels, isContrast: true)
            + generated * pass.flow / (settings.pool > 0 ? Double(settings.poolUses) : 1)
            + (needsLogDensity ? batch * pass.flow : 0)
    }

    public static func otherWork(_ settings: Settings, _ recipe: Recipe, unlabelled: Int) -> OtherWork {
        var work = OtherWork()
        if settings.pool > 0 {
            let used = Double(settings.steps) * Double(recipe.generatedBatch(settings.batch))
            let fillings = (used / Double(settings.pool) / Double(settings.poolUses)).rounded(.up)
            work.samples = fillings * Double(settings.pool)
            // Floats of a sample, and log q in double precision.
            work.heldBytes += Double(settings.pool * (4 * recipe.extents.reduce(1, *) + 8))
        }
        if settings.draws > 0, Base.needsLogDensity(recipe.energy.base, isFixed: true) {
            work.flowDensities = Double(settings.draws * unlabelled)
            work.heldBytes += 8 * work.flowDensities
        }
        return work
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    private let flow: any Flow
    private let energyUpdate: EnergyUpdate
    private let pool: SamplePool?
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        energy = try context.energy()
        flow = try context.flow()
        pool =
            settings.pool > 0
            ? SamplePool(flow, context, size: settings.pool, uses: settings.poolUses) : nil
        let needsDraws =
            settings.draws > 0 && Base.needsLogDensity(energy.configuration.base, isFixed: true)
        energyUpdate = EnergyUpdate(
            context, energy: energy,
            .init(
                batch: settings.batch, labelledBatch: settings.labels, valueWeight: settings.valueWeight),
            draws: needsDraws ? CachedDraws(context, flow: flow, draws: settings.draws) : nil)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.startEnergy(energy) { [flow, context] in
            context.backend.doubles(flow.logDensities($0))
        }
    }

    public func update() -> Update {
        Update(
            energyUpdate(
                samples: samples, pace: schedule(context.state.step), logDensity: flow.logDensities
            ).measures)
    }

    private var samples: EnergyUpdate.Samples {
        let count = context.recipe.generatedBatch(settings.batch)
        return pool?.batch(count, step: context.state.step) ?? context.freshSamples(flow, count)
    }
}
