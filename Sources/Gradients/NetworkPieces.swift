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
    ///
    /// - Parameter ranks: over which the batch is divided, each having as many rows; μ and σ are those of all.
    public func batchNormalized(
        gamma: Variable, beta: Variable, epsilon: Double, over ranks: World = .alone
    ) -> (y: Variable, mean: Tensor, variance: Tensor) {
        let (x, backend) = (value, backend)
        let (mean, variance) = backend.moments(x, over: ranks)
        let inverse = backend.map(.inverseSquareRoot, backend.affine(variance, scale: 1, shift: epsilon))
        let scale = backend.combine(.multiply, gamma.value, inverse, .elementwise)
        let shift = backend.combine(
            .subtract, beta.value, backend.combine(.multiply, mean, scale, .elementwise), .elementwise)
        let scaled = backend.combine(.multiply, backend.cast(x, to: scale.type), scale, .channels)
        let y = backend.cast(backend.combine(.add, scaled, shift, .channels), to: x.type)
        let output = tape.record(y, from: [self, gamma, beta]) { dy in
            let sums = backend.batchNormSums(dy, x: x, mean: mean, inverseDeviation: inverse)
            let channels: Shape = [x.shape.last]
            // Each rank's share of dγ and dβ, before the sums become those of all.
            gamma.receive(backend.cast(sums.view(from: 0, shape: channels), to: backend.real))
            beta.receive(backend.cast(sums.view(from: x.shape.last, shape: channels), to: backend.real))
            self.receive(
                backend.batchNormGradient(
                    dy, x: x, mean: mean, inverseDeviation: inverse, gamma: gamma.value,
                    sums: backend.summed(sums, over: ranks), count: ranks.size * x.count / x.shape.last))
        }
        return (output, mean, variance)
    }
}

extension Backend {
    /// The sum over ranks of `x`, of which each has a share.
    fileprivate func summed(_ x: Tensor, over ranks: World) -> Tensor {
        guard ranks.size > 1 else { return x }
        let flat = gathered(x.reshaped([1, x.count]))
        return sum(flat, .channels).reshaped(x.shape)
    }

    /// Mean and variance per channel over the rows of all ranks, of which each has as many.
    fileprivate func moments(_ x: Tensor, over ranks: World) -> (mean: Tensor, variance: Tensor) {
        let own = moments(x)
        guard ranks.size > 1 else { return own }
        let share = 1 / Double(ranks.size)
        let (means, variances) = (
            gathered(cast(own.mean, to: .float64).reshaped([1, own.mean.count])),
            gathered(cast(own.variance, to: .float64).reshaped([1, own.mean.count]))
        )
        let mean = affine(sum(means, .channels), scale: share, shift: 0)
        let spread = map(.square, combine(.subtract, means, mean, .channels))
        let variance = affine(
            sum(combine(.add, variances, spread, .elementwise), .channels), scale: share, shift: 0)
        return (cast(mean, to: own.mean.type), cast(variance, to: own.variance.type))
    }
}
