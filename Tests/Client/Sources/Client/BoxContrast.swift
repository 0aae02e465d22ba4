import FlowContrast
import Foundation

/// A method of one's own: the energy is told from uniform noise on the box [−r, r]ᴰ, whose density is known. Noise-contrastive
/// estimation, Gutmann & Hyvärinen 2010, with the simplest noise there is.
public final class BoxContrast: Phase {
    public struct Settings: PhaseSettings {
        public typealias Training = BoxContrast
        public var steps = 100
        public var batch = 64
        public var optimizer = OptimizerSettings(kind: .adam, rate: 1e-2)
        /// r.
        public var radius = 4.0

        public init() {}
    }

    public static let kind = "box"
    public static let models: ModelSet = .energy
    public static let schema = Schema<Settings>(
        Settings.commonFields + [.number("radius", \.radius, .above(0), "half of the box's side")])
    public static func meaning(of settings: Settings) -> EnergyMeaning { .density }
    /// The energy on data and on noise.
    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        2 * Double(settings.batch) * pass.energyTraining
    }

    private let context: TrainingContext
    private let settings: Settings
    private let energy: ConditionalEnergy
    private let data: BatchStream
    private let schedule: Schedule

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        self.settings = settings
        energy = try context.energy()
        data = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled, start: context.state.step)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    /// log q of the noise, nats.
    private var logNoise: Double { -Double(context.data.dimensions) * log(2 * settings.radius) }

    public func start() {
        context.startEnergy(energy) { [logNoise] in [Double](repeating: logNoise, count: $0.shape.first) }
    }

    public func update() -> Update {
        let step = context.state.step
        let images = context.images(data.batch(step).images)
        let noise = context.backend.uniform(
            images.shape, from: -settings.radius, to: settings.radius,
            key: context.key(.sample, .samples, step: step))
        let pass = Pass(energy.store, on: Tape(context.backend), mode: .evaluate, trainable: true)
        let logits = energy.logits(pass.constant(context.backend.stacked([images, noise])), pass)
        let d = energy.logMarginal(logits, pass).affine(shift: -energy.normalizer - logNoise)
        let value = contrastValue(
            data: d.rows(0..<settings.batch), samples: d.rows(settings.batch..<2 * settings.batch))
        pass.tape.backward(from: -value)
        _ = context.state.energyOptimizer?.update(pass.gradient(), schedule(step))
        context.state.energyUpdates += 1
        return Update([.boxValue: context.backend.scalar(value.value)])
    }
}

extension Metric {
    /// V against noise on the box.
    public static let boxValue = Metric(logged: "boxValue", "V against the box", .nats)
}
