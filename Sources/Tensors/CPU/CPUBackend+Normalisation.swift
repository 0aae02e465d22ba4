import CKernels

extension CPUBackend {
    public func weightNorm(_ v: Tensor, _ g: Tensor) -> (weights: Tensor, norms: Tensor) {
        precondition(g.count == v.shape.last, "gains \(g.shape) for weights \(v.shape)")
        let norms = columnDots(v, v).map { $0.squareRoot() }
        let scale = zip(doubles(g), norms).map { $0 / $1 }
        return (scaledChannels(v, scale), tensor(norms, [g.count], real))
    }

    public func weightNormGradient(_ dw: Tensor, _ v: Tensor, _ g: Tensor, norms: Tensor) -> (
        dv: Tensor, dg: Tensor
    ) {
        precondition(
            g.count == v.shape.last && norms.count == g.count && dw.shape == v.shape, "weights \(v.shape)")
        let (gains, norms) = (doubles(g), doubles(norms))
        let dg = zip(columnDots(dw, v), norms).map { $0 / $1 }
        let scale = zip(gains, norms).map { $0 / $1 }
        let slope = (0..<dg.count).map { -scale[$0] * dg[$0] / norms[$0] }
        // dv = g/‖v‖·dw − (g·dg/‖v‖²)·v
        let dv = scaledChannels(dw, scale)
        accumulate(scaledChannels(v, slope), into: dv, scale: 1)
        return (dv, tensor(dg, g.shape, real))
    }

    private func columnDots(_ a: Tensor, _ b: Tensor) -> [Double] {
        channelSums(a) { range, partial, period in
            fc_dot_channels(
                a.code, a.bytes(at: range.lowerBound), b.bytes(at: range.lowerBound), partial, range.count,
                period)
        }[0]
    }

    private func scaledChannels(_ x: Tensor, _ scale: [Double]) -> Tensor {
        let wide = widened(tensor(scale, [scale.count], .float32), for: x)
        let y = allocateLike(x)
        policy.forRanges(x.count, grain: wide.grain) { range in
            fc_affine_channels(
                x.code, x.bytes(at: range.lowerBound), wide.values.floats, nil, y.bytes(at: range.lowerBound),
                range.count, wide.period)
        }
        return y
    }

    public func batchNormSums(_ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor) -> Tensor {
        checkSame(dy, x)
        let channels = x.shape.last
        precondition(
            mean.count == channels && inverseDeviation.count == channels, "channels of \(x.shape)")
        let (wideMean, wideInverse) = (widened(mean, for: x).values, widened(inverseDeviation, for: x).values)
        let sums = channelSums(x, width: 2) { range, partial, period in
            fc_batch_norm_sums(
                x.code, dy.bytes(at: range.lowerBound), x.bytes(at: range.lowerBound), wideMean.floats,
                wideInverse.floats, partial, partial + period, range.count, period)
        }
        return tensor(sums[1] + sums[0], [2, channels], .float64)
    }

    /// a·dy + b·x + c per channel.
    public func batchNormGradient(
        _ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor, gamma: Tensor, sums: Tensor,
        count: Int
    ) -> Tensor {
        checkSame(dy, x)
        let channels = x.shape.last
        precondition(gamma.count == channels && sums.count == 2 * channels, "channels of \(x.shape)")
        let (means, inverses, sums) = (doubles(mean), doubles(inverseDeviation), doubles(sums))
        let count = Double(count)
        let a = zip(doubles(gamma), inverses).map { $0 * $1 }
        let b = (0..<channels).map { -a[$0] * inverses[$0] * sums[$0] / count }
        let c = (0..<channels).map { -a[$0] * sums[channels + $0] / count - b[$0] * means[$0] }
        let wide = [a, b, c].map { widened(tensor($0, [$0.count], .float32), for: x) }
        let dx = allocateLike(x)
        policy.forRanges(x.count, grain: wide[0].grain) { range in
            fc_batch_norm_gradient(
                x.code, dy.bytes(at: range.lowerBound), x.bytes(at: range.lowerBound), wide[0].values.floats,
                wide[1].values.floats, wide[2].values.floats, dx.bytes(at: range.lowerBound), range.count,
                wide[0].period)
        }
        return dx
    }
}
