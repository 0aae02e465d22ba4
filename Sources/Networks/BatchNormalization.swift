import Gradients
import Tensors

/// Batch normalisation, γ(x − μ)/σ + β per channel, with running averages for evaluation; Ioffe & Szegedy 2015.
///
/// Parameters, all `[C]`: `name.gamma`, `name.beta`, and the running `name.mean` and `name.variance`, which no gradient
/// reaches.
public struct BatchNorm: Layer {
    public let name: String
    public let channels: Int
    /// Decay of the running averages.
    public let momentum: Double
    public let epsilon: Double
    /// Whether there is a `name.gamma`; else γ is 1.
    public let hasGain: Bool

    public init(
        _ name: String, channels: Int, momentum: Double = 0.99, epsilon: Double = 1e-5, hasGain: Bool = true
    ) {
        self.name = name
        self.channels = channels
        self.momentum = momentum
        self.epsilon = epsilon
        self.hasGain = hasGain
    }

    public func declare(in layout: inout ParameterLayout) {
        if hasGain { layout.declare("\(name).gamma", [channels], .constant(1)) }
        layout.declare("\(name).beta", [channels], .constant(0))
        layout.declare("\(name).mean", [channels], .constant(0), isTrained: false)
        layout.declare("\(name).variance", [channels], .constant(1), isTrained: false)
    }

    /// `[…, C]` → the same shape and type.
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if case .evaluate = pass.mode { return evaluated(x, pass) }
        let (gamma, beta) = (gain(pass), pass.parameter("\(name).beta"))
        let (y, mean, variance) = x.batchNormalized(
            gamma: gamma, beta: beta, epsilon: epsilon, over: pass.ranks)
        pass.move("\(name).mean", towards: mean, momentum: momentum)
        pass.move("\(name).variance", towards: variance, momentum: momentum)
        return y
    }

    private func gain(_ pass: Pass) -> Variable {
        if hasGain { return pass.parameter("\(name).gamma") }
        return pass.constant(
            pass.backend.tensor([Float](repeating: 1, count: channels), [channels], pass.backend.real))
    }

    /// What the layer is in evaluation, `scale`·x + `shift`, both `[C]`.
    public func affineMap(_ pass: Pass) -> (scale: Variable, shift: Variable) {
        let mean = pass.constant(pass.store["\(name).mean"])
        let variance = pass.constant(pass.store["\(name).variance"])
        let scale = gain(pass) * variance.affine(shift: epsilon).mapped(.inverseSquareRoot)
        return (scale, pass.parameter("\(name).beta") - mean * scale)
    }

    public func folded(_ pass: Pass) -> [FoldedLayer]? {
        let (scale, shift) = affineMap(pass)
        return [
            .affine(scale: pass.backend.floats(scale.value), shift: pass.backend.floats(shift.value))
        ]
    }

    private func evaluated(_ x: Variable, _ pass: Pass) -> Variable {
        let (scale, shift) = affineMap(pass)
        return x.cast(to: pass.backend.real).combined(.multiply, scale, .channels)
            .combined(.add, shift, .channels).cast(to: x.type)
    }
}

/// Mean-only batch normalisation, x − μ + β per channel, which goes with weight normalisation; Salimans & Kingma 2016,
/// section 4.
///
/// Parameters, all `[C]`: `name.beta`, and the running `name.mean`, which no gradient reaches.
public struct MeanOnlyBatchNorm: Layer {
    public let name: String
    public let channels: Int
    /// Decay of the running average.
    public let momentum: Double

    public init(_ name: String, channels: Int, momentum: Double = 0.999) {
        self.name = name
        self.channels = channels
        self.momentum = momentum
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).beta", [channels], .constant(0))
        layout.declare("\(name).mean", [channels], .constant(0), isTrained: false)
    }

    /// `[…, C]` → the same shape and type.
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        let wide = x.cast(to: pass.backend.real)
        let shift = pass.parameter("\(name).beta") - mean(of: wide, pass)
        return wide.combined(.add, shift, .channels).cast(to: x.type)
    }

    /// In evaluation the layer adds β − μ.
    public func folded(_ pass: Pass) -> [FoldedLayer]? {
        let shift = pass.parameter("\(name).beta") - pass.constant(pass.store["\(name).mean"])
        return [
            .affine(
                scale: [Float](repeating: 1, count: channels), shift: pass.backend.floats(shift.value))
        ]
    }

    private func mean(of x: Variable, _ pass: Pass) -> Variable {
        if case .evaluate = pass.mode { return pass.constant(pass.store["\(name).mean"]) }
        let mean = x.sum(.channels).summedOverRanks(pass.ranks)
            .affine(scale: Double(channels) / Double(pass.ranks.size * x.shape.count))
        pass.move("\(name).mean", towards: mean.value, momentum: momentum)
        return mean
    }
}

extension Pass {
    /// Moves a running average towards a batch's statistic; an initialising pass sets it.
    fileprivate func move(_ name: String, towards batch: Tensor, momentum: Double) {
        guard movesStatistics else { return }
        let change = backend.combine(.subtract, batch, store[name], .elementwise)
        backend.accumulate(change, into: store[name], scale: isInitializing ? 1 : 1 - momentum)
    }
}
