import Gradients
import Networks
import System
import Tensors

/// A trained energy as plain layers and float32 arrays, for programs that know nothing of this package. Weight, batch and
/// spectral normalisation are multiplied into the weights; dropout, noise and translation, which act in training only,
/// are gone.
///
/// With h(x) the outcome of the layers, f_k − δ_k = Σ_i h_i·`head`_ik + `bias`_k, plus Σ_i h_i·`shared`_i where there is a
/// shared part. A product of experts turns these activations into one f.
public struct FoldedEnergy: Sendable {
    /// What a product of experts adds: f = Σ_i softplus(a_i) + Σ_d `visible`_d·x_d − Σ_d x_d²/`deviation`².
    public struct Experts: Sendable {
        /// `[HWC]`.
        public let visible: [Float]
        public let deviation: Double
    }

    /// Whether every image is brought to mean 0 and variance 1 (plus 1e-8) before the first layer.
    public let standardizesInput: Bool
    public let layers: [FoldedLayer]
    /// `[F, K]`, row-major.
    public let head: [Float]
    /// `[K]`.
    public let bias: [Float]
    /// `[F]`: what all classes share, multiplied by its gain. Nil without such a part.
    public let shared: [Float]?
    public let experts: Experts?
    /// Whether classes share an energy in layers of its own, a flow's or a network's, which is not here. f_k − δ_k is then
    /// without it: enough for p(y|x), and no density.
    public let lacksSharedEnergy: Bool
    /// log ρ_k, `[K]`, nats.
    public let logPriors: [Double]
    /// c̄ in nats, which all classes' f − δ carry too much.
    public let normalizer: Double

    /// F.
    public var featureCount: Int { head.count / bias.count }
}

extension ConditionalEnergy {
    /// The model as it evaluates images.
    ///
    /// - Parameter store: ``store``, or an average of it.
    /// - Throws: `UserError(.recipe)` where a layer has no plain form.
    public func folded(_ store: ParameterStore) throws(UserError) -> FoldedEnergy {
        let pass = Pass.inference(store)
        guard let layers = network.layers.folded(pass) else {
            throw UserError(
                .recipe,
                "energy.network = \"\(configuration.network.rawValue)\" has layers that no other program knows",
                advice: "export a run of another network")
        }
        let floats = { (x: Variable) in store.backend.floats(x.value) }
        var weights = floats(head.weights(pass))
        var bias = floats(pass.parameter("delta")).map { -$0 }
        if let (scale, shift) = logitNorm?.affineMap(pass) {
            let (scale, shift) = (floats(scale), floats(shift))
            for i in weights.indices { weights[i] *= scale[i % bias.count] }
            for k in bias.indices { bias[k] += shift[k] }
        }
        let shared = configuration.head.hasOwnLayers ? nil : shared?.weights(pass)
        return FoldedEnergy(
            standardizesInput: configuration.standardizesInput, layers: layers, head: weights,
            bias: bias, shared: shared.map(floats),
            experts: experts.map { _ in
                .init(visible: floats(pass.parameter("visible")), deviation: ProductOfExperts.deviation)
            },
            lacksSharedEnergy: configuration.head.hasOwnLayers, logPriors: logPriors,
            normalizer: configuration.base == .none && !configuration.head.hasOwnLayers ? normalizer : 0)
    }
}
