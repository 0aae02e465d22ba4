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
        /// First updates in which the shared energy is fitted to log q, before V; base `none`.
        public var fit = 0
        /// Updates over which the shared energy then takes the place of log q: τ rises from 0 to 1.
        public var anneal = 0

        public init() {}

        /// What the density follows at an update.
        func stage(at step: Int) -> EnergyUpdate.Stage {
            guard step >= fit else { return .fit }
            guard anneal > 0 else { return .contrast(temper: 1) }
            return .contrast(temper: min(1, Double(step - fit + 1) / Double(anneal)))
        }
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
            .integer(
                "fit", \.fit, .atLeast(0),
                "first updates in which a shared energy of base \"none\" is fitted to log q by least squares, before V"
            )
            .later(\.fit, default: 0),
            .integer(
                "anneal", \.anneal, .atLeast(0),
                "updates, after those of fit, over which a shared energy of base \"none\" takes the place of log q in log p"
            )
            .later(\.anneal, default: 0),
        ])

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        guard settings.fit + settings.anneal > 0 else { return }
        let key = place.cursor.entering(settings.fit > 0 ? "fit" : "anneal")
        let energy = place.recipe.energy
        try require(
            energy.base == .none && energy.head.isShared, key,
            "only a shared energy of base \"none\" has to find log q",
            advice: "set \(key.key) = 0, or energy.base = \"none\" and energy.head = \"separate\"")
        try require(
            settings.fit + settings.anneal < settings.steps, key,
            "\(settings.fit + settings.anneal) updates before V leave none of \(settings.steps)",
            advice: "set \(key.key) = \(settings.steps / 4)")
    }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.draws = min(settings.draws, 1)
        small.pool = min(settings.pool, 2 * small.batch * negatives)
        (small.fit, small.anneal) = (min(settings.fit, 1), min(settings.anneal, 1))
        return small
    }

    public static func timed(_ settings: Settings, share: Double, negatives: Int) -> Settings {
        var trial = settings.timed(share: share)
        trial.draws = min(settings.draws, 1)
        (trial.fit, trial.anneal) = (0, 0)
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
    private let draws: CachedDraws?
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        try context.requireDensity()
        self.context = context
        self.settings = settings
        energy = try context.energy()
        flow = try context.flow()
        pool =
            settings.pool > 0
            ? SamplePool(flow, context, size: settings.pool, uses: settings.poolUses) : nil
        let needsDraws =
            settings.draws > 0 && Base.needsLogDensity(energy.configuration.base, isFixed: true)
        draws = needsDraws ? CachedDraws(context, flow: flow, draws: settings.draws) : nil
        energyUpdate = EnergyUpdate(
            context, energy: energy,
            .init(
                batch: settings.batch, labelledBatch: settings.labels, valueWeight: settings.valueWeight),
            draws: draws)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.startEnergy(energy) { [flow, context] in
            context.backend.doubles(flow.logDensities($0))
        }
    }

    public func update() throws -> Update {
        let step = context.state.step
        // Both may take hours, in which a signal ends them: nothing has changed yet.
        try draws?.fill()
        let samples = try samples()
        if step > 0, step == settings.fit {
            context.calibrate(energy) { [flow, context] in context.backend.doubles(flow.logDensities($0)) }
        }
        return Update(
            energyUpdate(
                samples: samples, pace: schedule(step), stage: settings.stage(at: step),
                logDensity: flow.logDensities
            ).measures)
    }

    private func samples() throws -> EnergyUpdate.Samples {
        let count = context.recipe.generatedBatch(settings.batch)
        return try pool?.batch(count, step: context.state.step) ?? context.freshSamples(flow, count)
    }
}
