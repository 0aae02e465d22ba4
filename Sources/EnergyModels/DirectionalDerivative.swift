import Gradients
import Networks
import Tensors

// The derivative of f along a direction as a function of the parameters: forward-mode differentiation on the tape, so that
// a gradient penalty needs no second derivatives. Layers are linear between the kinks of their activations, whose signs
// are constants: this is what differentiating a gradient gives.

extension EnergyConfiguration {
    /// Whether ``ConditionalEnergy/directionalDerivative(at:along:_:)`` knows all layers.
    public var hasDirectionalDerivative: Bool {
        let readsImages = !standardizesInput && translation == 0 && inputNoise == 0
        return !usesBatchStatistics && head == .plain && readsImages
    }
}

extension ConditionalEnergy {
    /// ∇f_k(x)·d, float64 `[N, K]`, with gradients for the parameters and none for x and d, both `[N, H, W, C]`.
    /// Everything is computed in the real type.
    public func directionalDerivative(at x: Tensor, along d: Tensor, _ pass: Pass) -> Variable {
        precondition(
            configuration.hasDirectionalDerivative && network.layers.hasTangent,
            "layers that have no directional derivative")
        let (x, d) = (pass.constant(x), pass.constant(d))
        return pass.sharded(x.shape.first) { shard in
            let fixed = Pass(
                store, on: Tape(store.backend), mode: shard.pass.mode, trainable: false,
                movesStatistics: false)
            let tangent = network.layers.linearized(fixed.constant(shard(x).value), fixed).tangent
            return head(tangent(shard(d), shard.pass), shard.pass).cast(to: .float64)
        }
    }
}
