import Gradients
import Networks
import Tensors

/// A trained energy as plain layers and float32 arrays, for programs that know nothing of this package. Weight, batch and
/// spectral normalisation are multiplied into the weights; dropout, noise and translation, which act in training only,
/// are gone.
///
/// With h(x) the outcome of the layers, f_k − δ_k = Σ_i h_i·`head`_ik + `bias`_k, plus Σ_i h_i·`shared`_i where there is a
/// shared part. A product of experts turns these activations into one f.
public struct FoldedEnergy: Sendable {
    public enum Layer: Sendable {
        case convolution(FoldedConvolution)
        /// 2×2 maximum with stride 2. An odd last row or column is left out.
        case maxPool
        /// `[H, W, C]` → `[C]`.
        case globalPool(EnergyConfiguration.Pooling)
        /// `[H, W, C]` → `[HWC]`, row-major.
        case flatten
    }

    /// What a product of experts adds: f = Σ_i softplus(a_i) + Σ_d `visible`_d·x_d − Σ_d x_d²/`deviation`².
    public struct Experts: Sendable {
        /// `[HWC]`.
        public let visible: [Float]
        public let deviation: Double
    }

    /// Whether every image is brought to mean 0 and variance 1 (plus 1e-8) before the first layer.
    public let standardizesInput: Bool
    public let layers: [Layer]
    /// `[F, K]`, row-major.
    public let head: [Float]
    /// `[K]`.
    public let bias: [Float]
    /// `[F]`: what all classes share, multiplied by its gain. Nil without such a part.
    public let shared: [Float]?
    public let experts: Experts?
    /// log ρ_k, `[K]`, nats.
    public let logPriors: [Double]
    /// c̄ in nats, which all classes' f − δ carry too much.
    public let normalizer: Double

    /// F.
    public var featureCount: Int { head.count / bias.count }
}

/// A convolution of `[N, H, W, C]` with bias and, where there is a slope, leaky ReLU.
public struct FoldedConvolution: Sendable {
    /// `[kh, kw, C, O]`.
    public let shape: Shape
    /// Row-major.
    public private(set) var weights: [Float]
    /// `[O]`.
    public private(set) var bias: [Float]
    public let geometry: ConvolutionGeometry
    /// The slope of the leaky ReLU; nil where none follows.
    public fileprivate(set) var slope: Float?

    fileprivate init(_ layer: some ConvolutionLayer, _ pass: Pass) {
        let weights = layer.weights(pass)
        shape = weights.shape
        self.weights = pass.backend.floats(weights.value)
        bias =
            layer.hasBias
            ? pass.backend.floats(pass.store["\(layer.name).b"])
            : [Float](repeating: 0, count: weights.shape.last)
        geometry = layer.geometry
        slope = layer.slope
    }

    /// Lets `scale`·y + `shift` of the outputs y follow, both `[O]`.
    fileprivate mutating func follow(scale: [Float]? = nil, shift: [Float]) {
        let outputs = shape.last
        if let scale {
            for i in weights.indices { weights[i] *= scale[i % outputs] }
            for o in bias.indices { bias[o] *= scale[o] }
        }
        for o in bias.indices { bias[o] += shift[o] }
    }
}

extension ConditionalEnergy {
    /// The model as it evaluates images.
    ///
    /// - Parameter store: ``store``, or an average of it.
    public func folded(_ store: ParameterStore) -> FoldedEnergy {
        let pass = Pass.inference(store)
        let floats = { (x: Variable) in store.backend.floats(x.value) }
        var weights = floats(head.weights(pass))
        var bias = floats(pass.parameter("delta")).map { -$0 }
        if let (scale, shift) = logitNorm?.affineMap(pass) {
            let (scale, shift) = (floats(scale), floats(shift))
            for i in weights.indices { weights[i] *= scale[i % bias.count] }
            for k in bias.indices { bias[k] += shift[k] }
        }
        let shared = sharedHead.map {
            $0.weights(pass).combined(.multiply, exp(pass.parameter("shared.logGain")), .scalar)
        }
        return FoldedEnergy(
            standardizesInput: configuration.standardizesInput, layers: network.folded(pass), head: weights,
            bias: bias, shared: shared.map(floats),
            experts: experts.map { _ in
                .init(visible: floats(pass.parameter("visible")), deviation: ProductOfExperts.deviation)
            },
            logPriors: logPriors, normalizer: configuration.base == .none ? normalizer : 0)
    }
}

extension EnergyNetwork {
    fileprivate func folded(_ pass: Pass) -> [FoldedEnergy.Layer] {
        var layers: [FoldedEnergy.Layer] = []
        func changeLast(_ change: (inout FoldedConvolution) -> Void) {
            guard case .convolution(var layer)? = layers.popLast() else {
                preconditionFailure("normalisation and activation follow a convolution")
            }
            change(&layer)
            layers.append(.convolution(layer))
        }
        let floats = { (x: Variable) in pass.backend.floats(x.value) }
        for stage in stages {
            switch stage {
            case .dropout: break
            case .convolution(let layer): layers.append(.convolution(.init(layer, pass)))
            case .plainConvolution(let layer): layers.append(.convolution(.init(layer, pass)))
            case .batchNorm(let norm):
                let (scale, shift) = norm.affineMap(pass)
                changeLast { $0.follow(scale: floats(scale), shift: floats(shift)) }
            case .meanOnlyBatchNorm(let norm):
                changeLast { $0.follow(shift: floats(norm.shift(pass))) }
            case .leakyReLU(let slope): changeLast { $0.slope = Float(slope) }
            case .maxPool: layers.append(.maxPool)
            case .globalPool(let pooling): layers.append(.globalPool(pooling))
            case .flatten: layers.append(.flatten)
            }
        }
        return layers
    }
}
