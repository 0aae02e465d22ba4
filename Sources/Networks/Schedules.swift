import Glibc
import Tensors

/// How far an update goes.
public struct Pace: Sendable, Equatable {
    public var rate: Double
    public var beta1: Double
    public var beta2: Double

    public init(rate: Double, beta1: Double = 0.9, beta2: Double = 0.999) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
    }
}

/// Learning rate and moment decays as functions of the step: warm-up, then constant, then decay.
public struct Schedule: Sendable, Equatable {
    /// How a rate rises, and falls, with t from 0 to 1.
    public enum Shape: String, Sendable, CaseIterable, Codable {
        /// t, and 1 − t.
        case linear
        /// exp(−5(1 − t)²), and exp(−12.5 t²): Laine & Aila 2017.
        case gaussian

        func rise(_ t: Double) -> Double { self == .linear ? t : exp(-5 * (1 - t) * (1 - t)) }
        /// - Parameter rest: 1 − t.
        func fall(_ rest: Double) -> Double { self == .linear ? rest : exp(-12.5 * (1 - rest) * (1 - rest)) }
    }

    public var pace: Pace
    public var steps: Int
    /// Steps up to the full rate.
    public var warmup = 0
    public var warmupShape = Shape.linear
    /// β₂ during the warm-up; nil: the pace's.
    public var warmupBeta2: Double?
    /// Share of all steps after which the rate falls; 1 means it never does.
    public var decayStart = 1.0
    public var decayShape = Shape.linear
    /// β₁ of the decay, from its start with a linear one (Miyato et al. 2019), and as far as the rate has fallen with a
    /// Gaussian one (Laine & Aila 2017); nil: the pace's.
    public var decayBeta1: Double?

    public init(_ pace: Pace, steps: Int) {
        self.pace = pace
        self.steps = steps
    }

    /// The pace of step `step`, counted from 0.
    public func callAsFunction(_ step: Int) -> Pace {
        var pace = pace
        if step < warmup {
            pace.rate *= warmupShape.rise(Double(step + 1) / Double(warmup))
            pace.beta2 = warmupBeta2 ?? pace.beta2
        }
        let start = decayStart * Double(steps)
        guard decayStart < 1, Double(step) > start, Double(steps) > start else { return pace }
        let left = decayShape.fall(max(0, (Double(steps) - Double(step)) / (Double(steps) - start)))
        pace.rate *= left
        if let decayBeta1 {
            let share = decayShape == .linear ? 0 : left
            pace.beta1 = share * pace.beta1 + (1 - share) * decayBeta1
        }
        return pace
    }
}
