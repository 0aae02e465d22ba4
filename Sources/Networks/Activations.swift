import Gradients
import Tensors

/// Zeroes each element with probability `rate` and scales the rest by 1/(1 − rate), where the pass has a key for masks.
public struct Dropout: Layer {
    public let rate: Double
    /// The lane of the pass's key, which makes the masks of one pass different.
    public let lane: Int

    public init(rate: Double, lane: Int) {
        self.rate = rate
        self.lane = lane
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        guard let key = pass.mode.dropout else { return x }
        return x.dropped(rate: rate, key: key.lane(lane))
    }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        guard let key = pass.mode.dropout?.lane(lane) else { return (x, { d, _ in d }) }
        return (x.dropped(rate: rate, key: key), { [rate] d, _ in d.dropped(rate: rate, key: key) })
    }

    public func folded(_ pass: Pass) -> [FoldedLayer]? { [] }
}

/// max(x, slope·x), element by element.
public struct LeakyReLU: Layer {
    public let slope: Double
    /// Whether the output is (1 − slope)·max(x, 0) + slope·x in the real type, which differs in the last bit: networks
    /// with batch normalisation were trained with this sum.
    public let sumsTwoTerms: Bool

    public init(slope: Double, sumsTwoTerms: Bool = false) {
        self.slope = slope
        self.sumsTwoTerms = sumsTwoTerms
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        guard sumsTwoTerms else { return x.leakyRectified(slope: Float(slope)) }
        let wide = x.cast(to: pass.backend.real)
        return (wide.mapped(.relu).affine(scale: 1 - slope) + wide.affine(scale: slope)).cast(to: x.type)
    }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let y = self(x, pass)
        let output = y.value
        return (y, { [slope] d, _ in d.scaled(byActivationOf: output, slope: Float(slope)) })
    }

    public func folded(_ pass: Pass) -> [FoldedLayer]? { [.leakyReLU(slope: Float(slope))] }
}
