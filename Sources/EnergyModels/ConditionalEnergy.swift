import Glibc
import Gradients
import Networks
import Tensors

/// A K-class conditional energy: K functions f_k(x) with all layers but the last shared. The module `Methods` makes densities
/// p_k(x) = exp(f_k(x) − c_k) of them.
///
/// c_k = c̄ + δ_k: c̄ is one float64 constant, calibrated once and never trained (a float32 parameter
/// near 10⁴ could not take a step of 3·10⁻⁴); δ_k is trained and is the last layer's only bias.
public final class ConditionalEnergy {
    public let configuration: EnergyConfiguration
    public let store: ParameterStore
    /// c̄ in nats.
    public var normalizer = 0.0
    let network: EnergyNetwork
    let head: any LastLayer
    let sharedHead: WeightNormDense?
    let experts: ProductOfExperts?
    let logitNorm: BatchNorm?

    /// F, the numbers that ``features(_:_:activations:trace:)`` gives for a datum.
    public var featureCount: Int { network.featureCount }

    /// - Parameters:
    ///   - configuration: layers, head, base and their settings.
    ///   - shape: `[H, W, C]` of one datum; `[1, 1, 2]` for points.
    ///   - backend: where the model computes.
    ///   - seed: of the starting values.
    public init(_ configuration: EnergyConfiguration, shape: Shape, backend: any Backend, seed: UInt64) {
        self.configuration = configuration
        network = EnergyNetwork(configuration, shape: shape)
        head = configuration.lastLayer(inputs: network.featureCount)
        experts = configuration.head == .experts ? ProductOfExperts(dimensions: shape.count) : nil
        sharedHead =
            configuration.head == .gain
            ? WeightNormDense("shared", inputs: network.featureCount, outputs: 1) : nil
        logitNorm =
            configuration.normalizesLogits ? BatchNorm("head.norm", channels: configuration.classes) : nil
        var layout = ParameterLayout()
        network.declare(in: &layout)
        head.declare(in: &layout)
        logitNorm?.declare(in: &layout)
        sharedHead?.declare(in: &layout)
        if configuration.head == .gain { layout.declare("shared.logGain", [1], .constant(0)) }
        layout.declare("delta", [configuration.units], .constant(0))
        experts?.declare(in: &layout)
        store = ParameterStore(layout, backend: backend, seed: seed)
    }

    /// Data-dependent initialisation of weight normalisation from a batch `[N, H, W, C]`: Salimans & Kingma 2016,
    /// section 3. Every layer's outputs start with mean 0 and deviation 1 over the batch, the logits too, whose bias
    /// is δ; the shared energy's gain starts at `energyDeviation` nats, the spread of log q that it has to follow.
    ///
    /// - Parameters:
    ///   - batch: images of the data, real `[N, H, W, C]`.
    ///   - energyDeviation: where a shared energy starts, nats.
    ///   - dropout: masks as in training. Without them the statistics are those of evaluation, and the first logits in
    ///     training are far off.
    public func initialize(with batch: Tensor, energyDeviation: Double = 1, dropout: RandomKey? = nil) {
        let backend = store.backend
        backend.fill(store["delta"], with: 0)
        let pass = Pass(
            store, on: Tape(backend), mode: .initialize(dropout: dropout), trainable: false)
        let x = pass.constant(batch)
        let features = features(x, pass)
        _ = logits(of: x, features, pass)
        if sharedHead != nil {
            backend.fill(store["shared.logGain"], with: Glibc.log(max(energyDeviation, 1e-3)))
        }
        if experts == nil {
            let mode = dropout.map { Pass.Mode.train(dropout: $0) } ?? .evaluate
            let after = pass.sharingParameters(mode: mode)
            // Layers with weight normalisation compute while they initialise themselves what they compute afterwards.
            let isSettled = configuration.normalization == .weight && !configuration.normalizesLogits
            center(logits(of: x, isSettled ? features : self.features(x, after), after))
        }
    }

    /// Sets δ_k to the mean of f_k over a batch, but for a common part that c̄ takes where there is a c̄.
    private func center(_ logits: Variable) {
        let f = store.backend.doubles(logits.value)
        let (classes, count) = (configuration.units, logits.shape.first)
        var means = (0..<classes).map { k in
            stride(from: k, to: f.count, by: classes).reduce(0) { $0 + f[$1] } / Double(count)
        }
        if configuration.base == .none {
            let common = means.reduce(0, +) / Double(classes)
            means = means.map { $0 - common }
        }
        store.backend.copy(store.backend.tensor(means, [classes], store.backend.real), into: store["delta"])
    }

    /// h(x), what the last layer reads: real `[N, F]` of `[N, H, W, C]`. Arguments as for
    /// ``logits(_:_:activations:trace:)``.
    public func features(
        _ x: Variable, _ pass: Pass, activations: ScalarType? = nil, trace: Linearization? = nil
    ) -> Variable {
        network(x, pass, activations: activations ?? pass.backend.reduced, trace: trace)
    }

    /// f_k(x) − δ_k, float64 `[N, K]`, of `[N, H, W, C]`; of a product of experts f(x), `[N, 1]`.
    ///
    /// - Parameters:
    ///   - x: images, `[N, H, W, C]`.
    ///   - pass: binds the parameters and says in which mode layers run.
    ///   - activations: precision of the shared layers; the backend's reduced type by default.
    ///   - trace: receives the linearised network.
    public func logits(
        _ x: Variable, _ pass: Pass, activations: ScalarType? = nil, trace: Linearization? = nil
    ) -> Variable {
        logits(of: x, features(x, pass, activations: activations, trace: trace), pass, trace)
    }

    private func logits(
        of x: Variable, _ features: Variable, _ pass: Pass, _ trace: Linearization? = nil
    ) -> Variable {
        var f = head(features, pass)
        // The class parts alone: the shared energy moves no class against another, so VAT need not see it.
        trace?.append { [head] d, pass in head.product(d, pass) }
        if let logitNorm { f = logitNorm(f, pass) }
        if let sharedHead {
            let shared = sharedHead(features, pass).reshaped([x.shape.first])
                .combined(.multiply, exp(pass.parameter("shared.logGain")), .scalar)
            f = f.cast(to: .float64).combined(.add, shared.cast(to: .float64), .rows)
        }
        f = f.cast(to: .float64).combined(
            .subtract, pass.parameter("delta").cast(to: .float64), .channels)
        return experts?(f, of: x, pass) ?? f
    }

    /// A linearisation to hand to ``logits(_:_:activations:trace:)``, of the first `count` entries of the batch.
    public func linearization(count: Int) -> Linearization {
        precondition(isLinearizable, "layers that have no linearisation")
        return Linearization(store, count: count)
    }

    /// Whether ``linearization(count:)`` knows all layers.
    public var isLinearizable: Bool { configuration.isLinearizable && network.layers.hasTangent }

    /// log ρ_k, `[K]`.
    var logPriors: [Double] {
        let uniform = 1 / Double(configuration.classes)
        let priors = (configuration.priors ?? []).isEmpty ? nil : configuration.priors
        return (0..<configuration.classes).map { Glibc.log(priors?[$0] ?? uniform) }
    }

    /// log ρ_k on a tape, float64 `[K]`.
    package func logPriors(_ tape: Tape) -> Variable {
        tape.constant(tape.backend.tensor(logPriors, [configuration.classes], .float64))
    }

    /// Numbers of the classes, `[N, K]`, whose softmax is p(y|x): f_k(x) − δ_k + log ρ_k. Equal ρ_k cancel in it and are left
    /// out.
    public func classScores(_ logits: Variable, _ pass: Pass) -> Variable {
        configuration.priors == nil ? logits : logits.combined(.add, logPriors(pass.tape), .channels)
    }
}
