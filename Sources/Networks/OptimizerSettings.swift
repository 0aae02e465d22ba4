import Schemas
import Tensors

/// An optimiser and the schedule of its rate.
public struct OptimizerSettings: Sendable, Equatable {
    public typealias Kind = UpdateRule

    public enum Decay: String, CaseIterable, Sendable { case none, linear, gaussian }
    public typealias Shape = Schedule.Shape

    public var kind: Kind
    public var rate: Double
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// Steps over which the rate rises.
    public var warmup = 0
    public var warmupShape = Shape.linear
    /// β₂ during the warm-up; 0: ``beta2``.
    public var warmupBeta2 = 0.0
    public var decay = Decay.none
    /// Share of the phase after which the rate falls, to 0 at the end.
    public var decayStart = 0.6
    /// β₁ while the rate falls, at once with a linear decay, and as the rate falls with a Gaussian one; 0: ``beta1``.
    public var decayBeta1 = 0.0
    /// Largest norm of the gradient; 0: not clipped.
    public var clip = 0.0

    public init(kind: Kind, rate: Double, warmup: Int = 0) {
        self.kind = kind
        self.rate = rate
        self.warmup = warmup
    }

    /// The optimiser of both models of a GAN, as in openai/improved-gan.
    public static let gan = {
        var recipe = OptimizerSettings(kind: .adam, rate: 3e-4)
        recipe.beta1 = 0.5
        return recipe
    }()

    /// The optimiser of both models of an adversarial phase; Radford et al. 2016.
    public static let adversarial = {
        var recipe = OptimizerSettings(kind: .adam, rate: 2e-4)
        recipe.beta1 = 0.5
        return recipe
    }()
}

extension OptimizerSettings {
    public func optimizer(for store: ParameterStore) -> Optimizer {
        Optimizer(kind, for: store, beta1: beta1, beta2: beta2, epsilon: epsilon, clip: clip)
    }

    public func schedule(steps: Int) -> Schedule {
        var schedule = Schedule(Pace(rate: rate, beta1: beta1, beta2: beta2), steps: steps)
        schedule.warmup = warmup
        schedule.warmupShape = warmupShape
        schedule.warmupBeta2 = warmupBeta2 > 0 ? warmupBeta2 : nil
        schedule.decayStart = decay == .none ? 1 : decayStart
        schedule.decayShape = decay == .gaussian ? .gaussian : .linear
        schedule.decayBeta1 = decayBeta1 > 0 ? decayBeta1 : nil
        return schedule
    }
}

extension OptimizerSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<OptimizerSettings>([
        .choice("kind", \.kind, "update rule"),
        .number("rate", \.rate, .above(0), "learning rate"),
        .number("beta1", \.beta1, .halfOpen(0, 1), "decay of the first moment")
            .when(\.kind, "kind", .adam, .adamax, .adamaxGlow),
        .number("beta2", \.beta2, .halfOpen(0, 1), "decay of the second moment, or of the norm"),
        .number("epsilon", \.epsilon, .above(0), "number added to the denominator"),
        .integer("warmup", \.warmup, .atLeast(0), "steps over which the rate rises"),
        .choice("warmup-shape", \.warmupShape, "how it rises: t, or exp(-5(1 - t)^2)"),
        .number(
            "warmup-beta2", \.warmupBeta2, .halfOpen(0, 1), "beta2 during these steps; 0 leaves it as it is"),
        .choice("decay", \.decay, "how the rate falls: not, 1 - t, or exp(-12.5 t^2)"),
        .number("decay-start", \.decayStart, .between(0, 1), "share of the phase after which it falls")
            .when(\.decay, "decay", .linear, .gaussian),
        .number(
            "decay-beta1", \.decayBeta1, .halfOpen(0, 1), "beta1 while the rate falls; 0 leaves it as it is"
        )
        .when(\.decay, "decay", .linear, .gaussian),
        .number(
            "clip", \.clip, .atLeast(0),
            "largest norm of the gradient, which is scaled down to it; 0 means no limit"),
    ])
}
