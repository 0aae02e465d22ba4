import Flows
import Glibc
import Gradients
import Networks
import Tensors

/// e(x), the part of f_k that all classes share, in nats: it carries log p of base `none`, whose spread over images is a
/// thousand nats where classes differ by a few.
struct SharedEnergy {
    private enum Source {
        /// One more unit on the features of the classes.
        case features
        /// Layers of its own.
        case layers(EnergyNetwork)
        /// The layers of a flow.
        case flow(any Flow)
    }

    private let source: Source
    /// e/eˡ of features `[N, F]`; nil where the source gives nats itself.
    private let output: WeightNormDense?

    /// Half a side of the cube that all images lie in.
    static let halfSide = 0.5
    /// κ, in nats a squared unit of x: log p is lower by 1 nat where a pixel leaves the cube by 0.1, which is 26 grey levels.
    static let confinement = 200.0

    /// Nil for a head without such a part.
    ///
    /// - Parameters:
    ///   - configuration: of the whole energy.
    ///   - shape: `[H, W, C]` of one datum.
    ///   - features: F of the classes' layers.
    ///   - flow: whose layers head `flow` copies.
    init?(_ configuration: EnergyConfiguration, shape: Shape, features: Int, flow: (any Flow)?) {
        switch configuration.head {
        case .plain, .experts: return nil
        case .gain:
            source = .features
            output = WeightNormDense("shared", inputs: features, outputs: 1)
        case .separate:
            let network = EnergyNetwork(configuration.ofSharedEnergy, shape: shape, prefix: "shared.")
            source = .layers(network)
            output = WeightNormDense("shared", inputs: network.featureCount, outputs: 1)
        case .flow:
            guard let flow else { preconditionFailure("head \"flow\" without a flow") }
            source = .flow(flow.duplicate())
            output = nil
        }
    }

    func declare(in layout: inout ParameterLayout) {
        switch source {
        case .features: break
        case .layers(let network): network.declare(in: &layout)
        case .flow(let flow):
            let trained = Set(flow.store.trainedNames)
            for name in flow.store.names {
                layout.declare(name, flow.store[name].shape, .constant(0), isTrained: trained.contains(name))
            }
        }
        guard let output else { return }
        output.declare(in: &layout)
        layout.declare("shared.logGain", [1], .constant(0))
    }

    /// e(x) in nats, float64 `[N]`.
    func callAsFunction(
        _ x: Variable, features: Variable, _ pass: Pass, activations: ScalarType
    ) -> Variable {
        switch source {
        case .features: scaled(features, pass)
        case .layers(let network): scaled(network(x, pass, activations: activations), pass) - excess(x)
        // Its layers start as copies: an initialising pass must not set their scales anew.
        case .flow(let flow):
            flow.logDensity(x, pass.isInitializing ? pass.sharingParameters(mode: .evaluate) : pass)
        }
    }

    /// eˡ times the output of features `[N, F]`.
    private func scaled(_ features: Variable, _ pass: Pass) -> Variable {
        guard let output else { preconditionFailure("features without an output") }
        return output(features, pass).reshaped([features.shape.first])
            .combined(.multiply, exp(pass.parameter("shared.logGain")), .scalar).cast(to: .float64)
    }

    /// ½κ·‖x − Π(x)‖² with the projection Π to the cube. It makes ∫ exp f dx finite: layers of leaky ReLUs grow at most
    /// linearly in ‖x‖, and class parts of standardised images are bounded.
    private func excess(_ x: Variable) -> Variable {
        let above = (x - Self.halfSide).mapped(.relu)
        let below = (-x - Self.halfSide).mapped(.relu)
        return (above + below).mapped(.square).sum(.rows).reshaped([x.shape.first]).cast(to: .float64)
            .affine(scale: Self.confinement / 2)
    }

    /// Sets the gain to `deviation` nats, the spread of log q that e has to follow; of head `flow` e becomes log q itself.
    func start(_ deviation: Double, flow: (any Flow)?, in store: ParameterStore) {
        if output != nil {
            store.backend.fill(store["shared.logGain"], with: Glibc.log(max(deviation, 1e-3)))
        }
        guard case .flow = source, let flow else { return }
        for name in flow.store.names { store.backend.copy(flow.store[name], into: store[name]) }
    }

    /// What features are multiplied by, the gain included, `[F, 1]`; nil where e reads other features than the classes.
    func weights(_ pass: Pass) -> Variable? {
        guard case .features = source else { return nil }
        return output?.weights(pass).combined(.multiply, exp(pass.parameter("shared.logGain")), .scalar)
    }
}

extension EnergyConfiguration {
    /// The layers of e where they are its own: they see what log q sees, and give one image always the same.
    var ofSharedEnergy: EnergyConfiguration {
        var configuration = self
        configuration.network = sharedNetwork
        (configuration.standardizesInput, configuration.translation, configuration.inputNoise) = (false, 0, 0)
        (configuration.dropout, configuration.pooling) = ([], .mean)
        return configuration
    }
}
