/// The learning rate as a function of the step: linear warm-up, then constant, then linear decay to zero.
public struct RateSchedule: Sendable, Equatable {
    public let rate: Double
    /// Steps from (nearly) zero up to `rate`.
    public let warmup: Int
    /// Share of all steps after which the rate falls linearly to zero; 1 means it never falls.
    public let decayStart: Double
    public let steps: Int

    public init(rate: Double, warmup: Int = 0, decayStart: Double = 1, steps: Int) {
        self.rate = rate
        self.warmup = warmup
        self.decayStart = decayStart
        self.steps = steps
    }

    /// Rate of step `step`, counted from 0.
    public func callAsFunction(_ step: Int) -> Double {
        let risen = warmup > 0 ? min(1, Double(step + 1) / Double(warmup)) : 1
        let start = decayStart * Double(steps)
        guard decayStart < 1, Double(step) > start, Double(steps) > start else { return rate * risen }
        return rate * risen * max(0, (Double(steps) - Double(step)) / (Double(steps) - start))
    }
}
