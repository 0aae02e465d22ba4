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
        let poolsMaxima =
            [.convSmall, .convLarge].contains(network) && (pooling == .max || downsampling == .maxpool)
        return !usesBatchStatistics && head == .plain && readsImages && !poolsMaxima
    }
}

extension ConditionalEnergy {
    /// ∇f_k(x)·d, float64 `[N, K]`, with gradients for the parameters and none for x and d, both `[N, H, W, C]`.
    /// Everything is computed in the real type.
    public func directionalDerivative(at x: Tensor, along d: Tensor, _ pass: Pass) -> Variable {
        precondition(configuration.hasDirectionalDerivative, "layers that have no directional derivative")
        let fixed = Pass(
            store, on: Tape(store.backend), mode: pass.mode, trainable: false, movesStatistics: false)
        return head(network.derivative(fixed.constant(x), along: pass.constant(d), fixed, pass), pass)
            .cast(to: .float64)
    }
}

extension EnergyNetwork {
    /// The features' derivative. `x` runs through the layers in the pass `fixed`, its derivative `d` beside it in `pass`.
    fileprivate func derivative(
        _ x: Variable, along d: Variable, _ fixed: Pass, _ pass: Pass
    ) -> Variable {
        var (x, d) = (x, d)
        for stage in stages {
            x = apply(stage, x, fixed, nil)
            switch stage {
            case .convolution(let layer):
                d = pass.rectified(
                    d.convolved(with: layer.weights(pass), layer.geometry), like: x.value, layer.slope)
            case .plainConvolution(let layer):
                d = pass.rectified(
                    d.convolved(with: layer.weights(pass), layer.geometry), like: x.value, layer.slope)
            // Linear, and without parameters or statistics.
            case .dropout, .globalPool, .flatten: d = apply(stage, d, pass, nil)
            case .batchNorm, .meanOnlyBatchNorm, .leakyReLU, .maxPool:
                preconditionFailure("a layer that has no directional derivative")
            }
        }
        return d
    }
}

extension Pass {
    /// `d` times the slopes of the leaky ReLU that gave `y`.
    fileprivate func rectified(_ d: Variable, like y: Tensor, _ slope: Float?) -> Variable {
        guard slope != nil else { return d }
        let ones = backend.affine(y, scale: 0, shift: 1)
        let slopes = backend.activationGradient(ones, y, slope: slope, wantsBias: false).dz
        return d * constant(slopes)
    }
}
