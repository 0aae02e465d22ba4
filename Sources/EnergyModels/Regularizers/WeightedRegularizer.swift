import Glibc

/// A regulariser with its weight.
public struct WeightedRegularizer {
    public let term: any Regularizer
    public let weight: Double
    /// Updates of the energy over which the weight rises, in all phases together.
    public var rampUp: Int

    public init(term: any Regularizer, weight: Double, rampUp: Int = 0) {
        (self.term, self.weight, self.rampUp) = (term, weight, rampUp)
    }

    /// w·exp(−5(1 − t)²) with t from 0 to 1 over the ramp: Laine & Aila, ICLR 2017, section 3.
    public func weight(at update: Int) -> Double {
        let rest = rampUp > 0 ? max(0, 1 - Double(update) / Double(rampUp)) : 0
        return weight * Glibc.exp(-5 * rest * rest)
    }
}
