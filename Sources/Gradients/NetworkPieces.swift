import Tensors

extension Variable {
    /// w = g·v/‖v‖ per output (last axis); Salimans & Kingma, *Weight Normalization*, 2016, eqs. 2 and 3.
    public func weightNormalized(gain: Variable) -> Variable {
        let (v, g, backend) = (value, gain.value, backend)
        let (w, norms) = backend.weightNorm(v, g)
        return tape.record(w, from: [self, gain]) { dw in
            let (dv, dg) = backend.weightNormGradient(dw, v, g, norms: norms)
            self.receive(dv)
            gain.receive(dg)
        }
    }

    /// Inverted dropout; the mask is regenerated from `key` on the way back.
    public func dropped(rate: Double, key: RandomKey) -> Variable {
        guard rate > 0 else { return self }
        let backend = backend
        return tape.record(backend.dropout(value, rate: rate, key: key), from: [self]) { dy in
            self.receive(backend.dropout(dy, rate: rate, key: key))
        }
    }

    /// `[N, H, W, C]` → `[N, C]`.
    public func globalMaxPooled() -> Variable {
        let (shape, backend) = (shape, backend)
        let (y, winners) = backend.globalMaxPool(value)
        return tape.record(y, from: [self]) { dy in
            self.receive(backend.globalMaxPoolGradient(dy, winners: winners, shape: shape))
        }
    }

    public func globalMeanPooled() -> Variable {
        let (shape, backend) = (shape, backend)
        return tape.record(backend.globalMeanPool(value), from: [self]) { dy in
            self.receive(backend.globalMeanPoolGradient(dy, shape: shape))
        }
    }

    /// 2×2 maximum with stride 2.
    public func maxPooled() -> Variable {
        let (shape, backend) = (shape, backend)
        let (y, winners) = backend.maxPool(value)
        return tape.record(y, from: [self]) { dy in
            self.receive(backend.maxPoolGradient(dy, winners: winners, shape: shape))
        }
    }

    /// γ(x − μ)/√(σ² + ε) + β with the batch's own moments per channel; also returns them for running averages.
    /// Ioffe & Szegedy 2015, algorithm 1.
    public func batchNormalized(gamma: Variable, beta: Variable, epsilon: Double) -> (
        y: Variable, mean: Tensor, variance: Tensor
    ) {
        let (x, backend) = (value, backend)
        let (mean, variance) = backend.moments(x)
        let inverse = backend.map(.inverseSquareRoot, backend.affine(variance, scale: 1, shift: epsilon))
        let scale = backend.combine(.multiply, gamma.value, inverse, .elementwise)
        let shift = backend.combine(
            .subtract, beta.value, backend.combine(.multiply, mean, scale, .elementwise), .elementwise)
        let scaled = backend.combine(.multiply, backend.cast(x, to: scale.type), scale, .channels)
        let y = backend.cast(backend.combine(.add, scaled, shift, .channels), to: x.type)
        let output = tape.record(y, from: [self, gamma, beta]) { dy in
            let gradient = backend.batchNormGradient(
                dy, x: x, mean: mean, inverseDeviation: inverse, gamma: gamma.value)
            self.receive(gradient.dx)
            gamma.receive(gradient.dgamma)
            beta.receive(gradient.dbeta)
        }
        return (output, mean, variance)
    }
}
