import EnergyModels
import Flows
import Foundation
import Networks
import Schemas
import Scores
import System
import Tensors
import Training

/// FCE: energy and flow are updated in turns. θ maximises L_label + V, α minimises V. Gao et al. 2020, section 3.3 and the
/// beginning of section 4.
public final class JointPhase: Phase {
    public struct Settings: LabelledPhaseSettings {
        public typealias Training = JointPhase
        /// Updates of the energy.
        public var steps = 0
        /// Updates of the flow after which the phase ends though the energy has made fewer than ``steps``; 0: no limit. A gate
        /// without a cap may leave the turn to the flow for good.
        public var flowSteps = 0
        public var batch = 64
        /// Labelled images per update.
        public var labels = 64
        /// The optimiser of the energy.
        public var optimizer = OptimizerSettings(kind: .adam, rate: 3e-4)
        /// The optimiser of the flow.
        public var flowOptimizer = OptimizerSettings(kind: .adamax, rate: 1e-5)
        /// Weight of V, eq. 12, in what the energy maximises.
        public var valueWeight = 1.0
        /// Draws of images cannot be kept with log q of a flow that moves: it must be 0.
        public var draws = 0
        public var gate = GateSettings()
        public var objective = FlowObjective.value
        /// The dependence on α that the flow's update follows.
        public var flowGradient = FlowGradient.full
        /// Weight of −E_data[log q], in nats, in what the flow minimises; the paper has no such term.
        public var likelihood = 0.0
        /// Largest rise of the flow's bits/dim on held-out training images before the run stops.
        public var divergenceGuard = 0.5

        public init() {}

        public var optimizers: [(key: String, settings: OptimizerSettings)] {
            [("optimizer", optimizer), ("flow-optimizer", flowOptimizer)]
        }
    }

    public static let kind = "joint"
    public static let title = "Joint training"
    public static let models: ModelSet = [.flow, .energy]
    public static let drawsSamples = true
    public static func meaning(of settings: Settings) -> EnergyMeaning { .density }
    /// Updates of the flow between two looks at its held-out bits/dim.
    private static let guardInterval = 50

    public static let schema = Schema<Settings>(
        Settings.commonFields + [
            .labelledBatch(\.labels),
            .table("flow-optimizer", \.flowOptimizer, OptimizerSettings.schema, "optimiser of the flow"),
            .valueWeight(\.valueWeight), .draws(\.draws),
            .table("gate", \.gate, GateSettings.schema, "which model is updated next"),
            .choice("objective", \.objective, "what the flow minimises"),
            .number("likelihood", \.likelihood, .atLeast(0), "weight of -log q on images in the flow's loss"),
            .choice(
                "flow-gradient", \.flowGradient,
                "the part of V's gradient that the flow follows: all, or through its samples alone as a GAN's generator"
            ),
            .integer(
                "flow-steps", \.flowSteps, .atLeast(0),
                "updates of the flow after which the phase ends too; 0: no limit"
            ).later(\.flowSteps, default: 0),
            .number(
                "guard", \.divergenceGuard, .above(0),
                "largest rise of held-out bits/dim before the run stops"),
        ])

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        let gate = place.cursor.entering("gate")
        try require(
            settings.gate.low <= settings.gate.high, gate.entering("low"),
            "gate.low \(settings.gate.low) is above gate.high \(settings.gate.high)",
            advice: "set \(gate.entering("low").key) = \(settings.gate.high)")
        try require(
            settings.draws == 0, place.cursor.entering("draws"),
            "draws of images are kept with log q of a flow that stands still",
            advice: "set \(place.cursor.entering("draws").key) = 0")
    }

    public static func shrunk(_ settings: Settings, negatives: Int) -> Settings {
        var small = settings.shrunk()
        small.draws = min(settings.draws, 1)
        small.flowOptimizer.warmup = min(settings.flowOptimizer.warmup, 1)
        small.flowSteps = min(settings.flowSteps, 6)
        // Models of three steps may move by any amount.
        small.divergenceGuard = max(settings.divergenceGuard, 1000)
        small.gate.cap = settings.gate.cap == 0 ? 2 : min(settings.gate.cap, 2)
        return small
    }

    /// One update of the energy and one of the flow: the gate decides only in training. The flow's has gradients through its
    /// samples and of log q of data; the energy's weights are fixed in it, forward on data, forward and input gradient on
    /// samples.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        energyMultiplications(settings, pass) + flowMultiplications(settings, pass)
    }

    package static func energyMultiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        let batch = Double(settings.batch)
        let generated = Double(pass.recipe.generatedBatch(settings.batch))
        let needsLogDensity = Base.needsLogDensity(pass.recipe.energy.base, isFixed: false)
        return pass.classification(batch: settings.batch, labelledBatch: settings.labels, isContrast: true)
            + generated * pass.flow + (needsLogDensity ? batch * pass.flow : 0)
    }

    package static func flowMultiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        (3 * pass.flow + pass.density) * Double(settings.batch)
            + (3 * pass.flow + 2 * pass.density) * Double(pass.recipe.generatedBatch(settings.batch))
    }

    public static func otherWork(_ settings: Settings, _ recipe: Recipe, unlabelled: Int) -> OtherWork {
        var work = OtherWork()
        work.flowUpdates = Double(settings.steps)
        work.flowDensities =
            Double(TrainingContext.initializationCount) * work.flowUpdates / Double(guardInterval)
        return work
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    private let flow: any Flow
    private let energyUpdate: EnergyUpdate
    package let flowUpdate: FlowUpdate
    private let energySchedule: Schedule
    private let flowSchedule: Schedule
    private var flowOptimizer: Optimizer?
    private(set) var gate = Gate()
    /// Held-out bits/dim when the phase began: what the divergence guard compares with.
    private var guardStart: Double?

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        try context.requireDensity()
        self.context = context
        self.settings = settings
        energy = try context.energy()
        flow = try context.flow()
        energyUpdate = EnergyUpdate(
            context, energy: energy,
            .init(
                batch: settings.batch, labelledBatch: settings.labels, valueWeight: settings.valueWeight),
            isFixed: false)
        flowUpdate = FlowUpdate(context, settings, energy: energy, flow: flow)
        energySchedule = settings.optimizer.schedule(steps: settings.steps)
        flowSchedule = settings.flowOptimizer.schedule(steps: settings.steps)
    }

    /// The phase is as long as the energy's updates are many, or until the flow has made all of its own.
    public var updates: Int {
        let isSpent = settings.flowSteps > 0 && context.state.flowUpdates >= settings.flowSteps
        return isSpent ? settings.steps : context.state.energyUpdates
    }

    public var counts: Measures {
        [
            .energyUpdates: Double(context.state.energyUpdates),
            .flowUpdates: Double(context.state.flowUpdates),
        ]
    }

    public func start() throws {
        context.initializeFlow(flow)
        try context.state.checkInterruption()
        context.startEnergy(energy) { [flow, context] in context.backend.doubles(flow.logDensities($0)) }
        flowOptimizer = settings.flowOptimizer.optimizer(for: flow.store)
        gate = settings.gate.gate
        try context.state.checkInterruption()
        guardStart = heldOutBitsPerDimension
    }

    /// One side's turn whatever the accuracy, for measuring the time of its updates.
    package func hold(_ turn: Gate.Turn) { gate = .always(turn) }

    /// One update of whoever's turn it is.
    public func update() throws -> Update {
        let turn = gate.turn
        let outcome = turn == .energy ? updateEnergy() : updateFlow()
        guard let accuracy = outcome.accuracy else { preconditionFailure("an update without V") }
        let isSwitch = gate.record(accuracy)
        var update = Update(outcome.measures.merging(counts))
        update.measures[.gateEMA] = gate.accuracy
        update.measures[.turn] = turn == .energy ? 0 : 1
        if isSwitch {
            update.event = .init(name: "switch", measures: counts, words: ["to": gate.turn.rawValue])
        }
        if turn == .flow && context.state.flowUpdates % Self.guardInterval == 0 {
            update.measures[.bpdValidation] = try guardedBitsPerDimension()
            update.isAlwaysLogged = true
        }
        return update
    }

    private func updateEnergy() -> EnergyUpdate.Outcome {
        let count = context.recipe.generatedBatch(settings.batch)
        return energyUpdate(
            samples: context.freshSamples(flow, count), pace: energySchedule(context.state.energyUpdates),
            logDensity: flow.logDensities)
    }

    private func updateFlow() -> EnergyUpdate.Outcome {
        guard let flowOptimizer else { preconditionFailure("update before start") }
        return flowUpdate(flowOptimizer, pace: flowSchedule(context.state.energyUpdates))
    }

    private var heldOutBitsPerDimension: Double {
        context.meanBitsPerDimension(
            flow, context.fixedImages(context.data.heldOut(TrainingContext.initializationCount)))
    }

    /// - Throws: `UserError(.diverged)` when the flow has lost more than the recipe allows since the phase began.
    private func guardedBitsPerDimension() throws -> Double {
        let now = heldOutBitsPerDimension
        let start = guardStart ?? now
        guard now.isFinite, now - start <= settings.divergenceGuard else {
            throw UserError(
                .diverged,
                "the joint phase has destroyed the flow: held-out bits/dim went from \(start) to \(now)",
                at: "phase \(context.phaseIndex + 1), flow update \(context.state.flowUpdates)",
                advice: "choose energy.base = \"moving\", or lower gate.cap or phase.flow-optimizer.rate")
        }
        return now
    }

    public func save(to archive: inout StateArchive) {
        archive.write(flowOptimizer, "flow")
        archive.write(word: guardStart?.description, "guardStart")
        // Sorted: the same state gives the same bytes.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        archive.write(
            word: (try? encoder.encode(gate)).map { String(decoding: $0, as: UTF8.self) }, "gate")
    }

    public func restore(from archive: StateArchive) throws {
        flowOptimizer = try archive.restored(settings.flowOptimizer.optimizer(for: flow.store), "flow")
        guardStart = archive.word("guardStart").flatMap(Double.init)
        let saved = archive.word("gate").flatMap { try? decodedJSON(Gate.self, $0.utf8) }
        guard let saved else { throw archive.lacking("gate") }
        gate = saved
    }
}

extension Gate {
    /// One side's turn, whatever the accuracy.
    package static func always(_ turn: Turn) -> Gate {
        guard turn == .flow else { return Gate(high: .infinity, low: 0, smoothing: 1, cap: .max) }
        var gate = Gate(high: 0, low: 0, smoothing: 1, cap: .max)
        gate.record(1)
        return gate
    }
}
