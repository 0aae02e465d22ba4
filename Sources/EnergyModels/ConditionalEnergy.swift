import Flows
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
    let shared: SharedEnergy?
    let experts: ProductOfExperts?
    let logitNorm: BatchNorm?

    /// Where the parameters of the shared energy lie among all.
    private let sharedRange: Range<Int>

    /// F, the numbers that ``features(_:_:activations:trace:)`` gives for a datum.
    public var featureCount: Int { network.featureCount }

    /// - Parameters:
    ///   - configuration: layers, head, base and their settings.
    ///   - shape: `[H, W, C]` of one datum; `[1, 1, 2]` for points.
    ///   - backend: where the model computes.
    ///   - seed: of the starting values.
    ///   - flow: q, whose layers the shared energy of head `flow` has.
    public init(
        _ configuration: EnergyConfiguration, shape: Shape, backend: any Backend, seed: UInt64,
        flow: (any Flow)? = nil
    ) {
        self.configuration = configuration
        network = EnergyNetwork(configuration, shape: shape)
        head = configuration.lastLayer(inputs: network.featureCount)
        experts = configuration.head == .experts ? ProductOfExperts(dimensions: shape.count) : nil
        shared = SharedEnergy(configuration, shape: shape, features: network.featureCount, flow: flow)
        logitNorm =
            configuration.normalizesLogits ? BatchNorm("head.norm", channels: configuration.classes) : nil
        var layout = ParameterLayout()
        network.declare(in: &layout)
        head.declare(in: &layout)
        logitNorm?.declare(in: &layout)
        let sharedStart = layout.count
        shared?.declare(in: &layout)
        sharedRange = sharedStart..<layout.count
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
    ///   - flow: q, which the shared energy of head `flow` starts from.
    ///   - dropout: masks as in training. Without them the statistics are those of evaluation, and the first logits in
    ///     training are far off.
    public func initialize(
        with batch: Tensor, energyDeviation: Double = 1, flow: (any Flow)? = nil, dropout: RandomKey? = nil
    ) {
        let backend = store.backend
        backend.fill(store["delta"], with: 0)
        let pass = Pass(
            store, on: Tape(backend), mode: .initialize(dropout: dropout), trainable: false)
        let x = pass.constant(batch)
        shared?.start(energyDeviation, flow: flow, in: store)
        let features = features(x, pass)
        _ = logits(of: x, features, pass)
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
        pass.sharded(x.shape.first) { shard in
            network(
                shard(x), shard.pass, activations: activations ?? pass.backend.reduced, trace: trace)
        }
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
        pass.sharded(x.shape.first) { shard in
            let (x, pass) = (shard(x), shard.pass)
            return logits(
                of: x, features(x, pass, activations: activations, trace: trace), pass, activations, trace)
        }
    }

    private func logits(
        of x: Variable, _ features: Variable, _ pass: Pass, _ activations: ScalarType? = nil,
        _ trace: Linearization? = nil
    ) -> Variable {
        let parts = classParts(of: x, features, pass, trace)
        guard let shared = sharedEnergy(x, features: features, pass, activations: activations) else {
            return parts
        }
        return parts.combined(.add, shared, .rows)
    }

    /// What tells classes apart, h_k(x) − δ_k, float64 `[N, K]`, which is all of f_k − δ_k in a head without a shared energy,
    /// and the features `[N, F]` that it was made of. Arguments as for ``logits(_:_:activations:trace:)``; the linearised
    /// network is that of these parts, because the shared energy moves no class against another.
    ///
    /// `parts` are the rows of the batch's parts, where it has several: ranks divide each of them.
    public func classParts(
        _ x: Variable, _ pass: Pass, activations: ScalarType? = nil, trace: Linearization? = nil,
        parts: [Int]? = nil
    ) -> (logits: Variable, features: Variable) {
        let results = pass.sharded(parts ?? [x.shape.first]) { shard in
            let (x, pass) = (shard(x), shard.pass)
            let features = features(x, pass, activations: activations, trace: trace)
            return [classParts(of: x, features, pass, trace), features]
        }
        return (results[0], results[1])
    }

    private func classParts(
        of x: Variable, _ features: Variable, _ pass: Pass, _ trace: Linearization?
    ) -> Variable {
        var h = head(features, pass)
        trace?.append { [head] d, pass in head.product(d, pass) }
        if let logitNorm { h = logitNorm(h, pass) }
        h = h.cast(to: .float64).combined(
            .subtract, pass.parameter("delta").cast(to: .float64), .channels)
        return experts?(h, of: x, pass) ?? h
    }

    /// e(x), what all classes share, nats, float64 `[N]`; nil for a head without it.
    ///
    /// - Parameters:
    ///   - x: images, `[N, H, W, C]`.
    ///   - features: those of ``classParts(_:_:activations:trace:)`` of `x`.
    ///   - pass: binds the parameters.
    ///   - activations: as for ``logits(_:_:activations:trace:)``.
    public func sharedEnergy(
        _ x: Variable, features: Variable, _ pass: Pass, activations: ScalarType? = nil
    ) -> Variable? {
        shared.map { shared in
            pass.sharded(x.shape.first) { shard in
                shared(
                    shard(x), features: shard(features), shard.pass,
                    activations: activations ?? pass.backend.reduced)
            }
        }
    }

    /// The optimiser of all parameters, with a rate of its own for the layers of a shared energy.
    public func optimizer(_ settings: OptimizerSettings) -> Optimizer {
        let optimizer = settings.optimizer(for: store)
        if configuration.head.hasOwnLayers, configuration.sharedRate != 1 {
            optimizer.rateFactors = [sharedRange: configuration.sharedRate]
        }
        return optimizer
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
