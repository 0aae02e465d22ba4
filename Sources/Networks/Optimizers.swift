import Tensors

/// The update rules on offer.
public enum UpdateRule: String, Sendable, CaseIterable, Codable {
    /// Kingma & Ba 2015, algorithm 1.
    case adam
    /// Kingma & Ba 2015, algorithm 2.
    case adamax
    /// openai/glow's `optim.py`: Adamax with Adam's √(1 − β₂ᵗ) correction kept.
    case adamaxGlow = "adamax-glow"
    /// Tieleman & Hinton 2012: g/(√v + ε) with v ← β₂v + (1 − β₂)g², PyTorch's form. No first moment, no corrections.
    case rmsprop
}

/// Adam, Adamax or RMSProp over one flat parameter vector, with optional clipping of the gradient's norm.
public final class Optimizer {
    public let rule: UpdateRule
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    /// Largest gradient norm; longer gradients are scaled down to it. 0 means no clipping.
    public let clip: Double
    /// Updates made so far.
    public private(set) var step = 0
    /// First moment, `[count]`.
    public let first: Tensor
    /// Second moment (Adam, RMSProp) or infinity norm (Adamax), `[count]`.
    public let second: Tensor
    private let store: ParameterStore
    /// Factors on the rate of ranges of the parameters; 1 for all others.
    public var rateFactors: [Range<Int>: Double] = [:]

    public init(
        _ rule: UpdateRule, for store: ParameterStore, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, clip: Double = 0
    ) {
        self.rule = rule
        self.store = store
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.clip = clip
        first = store.backend.zerosLike(store.values)
        second = store.backend.zerosLike(store.values)
    }

    /// An update with the optimiser's own moment decays.
    @discardableResult
    public func update(_ gradient: Tensor, rate: Double) -> Double {
        update(gradient, Pace(rate: rate, beta1: beta1, beta2: beta2))
    }

    /// Moves the parameters downhill, in place, and returns the gradient's norm before clipping. A
    /// non-finite gradient changes nothing: the caller sees it in the norm and stops.
    @discardableResult
    public func update(_ gradient: Tensor, _ pace: Pace) -> Double {
        let backend = store.backend
        let squares = backend.map(.square, gradient)
        let norm = backend.scalar(backend.sum(squares, .all)).squareRoot()
        guard norm.isFinite else { return norm }
        let clipped = clip > 0 && norm > clip
        let used = clipped ? backend.affine(gradient, scale: clip / norm, shift: 0) : gradient
        step += 1
        for (range, factor) in segments { move(range, used, pace, rate: factor * pace.rate) }
        return norm
    }

    /// The parameters in pieces of one rate each.
    private var segments: [(range: Range<Int>, factor: Double)] {
        var (pieces, end): ([(Range<Int>, Double)], Int) = ([], 0)
        for (range, factor) in rateFactors.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
            pieces += [(end..<range.lowerBound, 1), (range, factor)]
            end = range.upperBound
        }
        return (pieces + [(end..<store.count, 1)]).filter { !$0.0.isEmpty }
    }

    private func move(_ range: Range<Int>, _ gradient: Tensor, _ pace: Pace, rate: Double) {
        let backend = store.backend
        let coefficients = AdamRule(
            rate: rate, beta1: rule == .rmsprop ? 0 : pace.beta1, beta2: pace.beta2, epsilon: epsilon,
            step: step, glowCorrection: rule == .adamaxGlow, correctsBias: rule != .rmsprop)
        func part(_ all: Tensor) -> Tensor { all.view(from: range.lowerBound, shape: [range.count]) }
        let state = OptimizerState(
            parameters: part(store.values), gradient: part(gradient), first: part(first),
            second: part(second))
        switch rule {
        case .adam, .rmsprop: backend.adamStep(state, coefficients)
        case .adamax, .adamaxGlow: backend.adamaxStep(state, coefficients)
        }
    }

    /// Continues a run: moments and count as saved.
    public func restore(step: Int, first: Tensor, second: Tensor) {
        self.step = step
        store.backend.copy(first, into: self.first)
        store.backend.copy(second, into: self.second)
    }
}

/// An exponential moving average of parameters: average ← decay·average + (1 − decay)·parameters.
public struct AveragedParameters {
    public let decay: Double
    /// Number of first updates whose decay is `warmupDecay`.
    public let warmup: Int
    public let warmupDecay: Double
    public let store: ParameterStore

    public init(of parameters: ParameterStore, decay: Double, warmup: Int = 0, warmupDecay: Double = 0.99) {
        self.decay = decay
        self.warmup = warmup
        self.warmupDecay = warmupDecay
        store = parameters.duplicate()
    }

    /// Follows the parameters after an update; early on the decay is (1 + t)/(10 + t), so that the start is forgotten.
    public func follow(_ parameters: ParameterStore, step: Int) {
        let decay = min(step <= warmup ? warmupDecay : decay, (1 + Double(step)) / (10 + Double(step)))
        let backend = store.backend
        let change = backend.combine(.subtract, parameters.values, store.values, .elementwise)
        backend.accumulate(change, into: store.values, scale: 1 - decay)
    }
}
