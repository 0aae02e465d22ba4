import Tensors

// Linear operations: derivatives of layers at a point, with the signs and winners found there.

extension Variable {
    /// A linear map of this variable, given with its adjoint.
    public func applying(_ map: (Tensor) -> Tensor, adjoint: @escaping (Tensor) -> Tensor) -> Variable {
        tape.record(map(value), from: [self]) { dy in self.receive(adjoint(dy)) }
    }

    /// max(x, slope·x), element by element, of this variable's type.
    public func leakyRectified(slope: Float) -> Variable {
        let (x, backend) = (value, backend)
        // The slope at x times x is the function itself.
        let rectify = { backend.activationGradient($0, x, slope: slope, wantsBias: false).dz }
        let forward = { rectify(x) }
        return tape.record(forward(), again: forward, from: [self]) { _, dy in self.receive(rectify(dy)) }
    }

    /// This variable `[B, …]` times the slopes of the leaky ReLU that gave `y`, whose first B entries count; unchanged
    /// where there is none.
    public func scaled(byActivationOf y: Tensor, slope: Float?) -> Variable {
        guard slope != nil else { return self }
        let (first, backend) = (y.rows(0..<shape.first), backend)
        let scale = { backend.activationGradient($0, first, slope: slope, wantsBias: false).dz }
        return applying(scale, adjoint: scale)
    }

    /// The elements at the positions that won a global maximum, int32 `[N, C]`: `[N, H, W, C]` → real `[N, C]`.
    public func globalMaxPooled(at winners: Tensor) -> Variable {
        let (shape, backend) = (shape, backend)
        return applying(
            { backend.selected($0, globalWinners: winners) },
            adjoint: { backend.globalMaxPoolGradient($0, winners: winners, shape: shape) })
    }

    /// The elements at the positions that won a 2×2 maximum, int32 `[N, H/2, W/2, C]`.
    public func maxPooled(at winners: Tensor) -> Variable {
        let (shape, backend) = (shape, backend)
        return applying(
            { backend.selected($0, winners: winners) },
            adjoint: { backend.maxPoolGradient($0, winners: winners, shape: shape) })
    }
}

// The gradient of ones through a pool is the 0/1 mask of its winners.

extension Backend {
    fileprivate func selected(_ x: Tensor, globalWinners winners: Tensor) -> Tensor {
        let mask = globalMaxPoolGradient(
            ones([x.shape.first, x.shape.last]), winners: winners, shape: x.shape)
        let mean = globalMeanPool(combine(.multiply, cast(x, to: real), mask, .elementwise))
        return affine(mean, scale: Double(x.shape[1] * x.shape[2]), shift: 0)
    }

    fileprivate func selected(_ x: Tensor, winners: Tensor) -> Tensor {
        let mask = maxPoolGradient(ones(winners.shape), winners: winners, shape: x.shape)
        // A squeeze puts the four pixels of a window into neighbouring channels.
        let windows = squeeze(combine(.multiply, cast(x, to: real), mask, .elementwise))
        let sums = sum(windows.reshaped([windows.count / 4, 4]), .rows)
        return cast(sums.reshaped(winners.shape), to: x.type)
    }

    private func ones(_ shape: Shape) -> Tensor {
        let y = allocate(shape, real)
        fill(y, with: 1)
        return y
    }
}
