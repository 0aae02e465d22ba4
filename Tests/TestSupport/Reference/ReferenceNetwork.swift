import Tensors

extension ReferenceBackend {
    public func weightNorm(_ v: Tensor, _ g: Tensor) -> (weights: Tensor, norms: Tensor) {
        let norms = doubles(sum(map(.square, v), .channels)).map { $0.squareRoot() }
        let gain = zip(doubles(g), norms).map { $0 / $1 }
        return (combine(.multiply, v, vector(gain), .channels), vector(norms))
    }

    public func weightNormGradient(_ dw: Tensor, _ v: Tensor, _ g: Tensor, norms: Tensor) -> (
        dv: Tensor, dg: Tensor
    ) {
        let (directions, norms, gain) = (doubles(v), doubles(norms), doubles(g))
        let projection = doubles(sum(combine(.multiply, dw, v, .elementwise), .channels))
        let dg = zip(projection, norms).map { $0 / $1 }
        let dv = doubles(dw).enumerated().map { i, dw in
            let o = i % gain.count
            return gain[o] / norms[o] * dw - gain[o] * dg[o] / (norms[o] * norms[o]) * directions[i]
        }
        return (tensor(dv, v.shape, .float64), vector(dg))
    }

    public func dropout(_ x: Tensor, rate: Double, key: RandomKey) -> Tensor {
        let pieces = key.pieces(of: x.shape, world)
        let count = pieces.map { $0.start + $0.elements.count }.max() ?? 0
        let all = words(key, count: (count + 1) / 2).flatMap { [$0 & 0xFFFF, $0 >> 16] }
        let halves = pieces.flatMap { all[$0.start..<$0.start + $0.elements.count] }
        let values = zip(doubles(x), halves).map { Double($1) >= rate * 65536 ? $0 / (1 - rate) : 0 }
        return tensor(values, x.shape, .float64)
    }

    public func globalMaxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor) {
        let x = array4(x)
        var y = Matrix(x.n, x.c, [Double](repeating: -.infinity, count: x.n * x.c))
        var winners = Matrix(x.n, x.c)
        x.forEachIndex { n, h, w, c in
            guard x[n, h, w, c] > y[n, c] else { return }
            y[n, c] = x[n, h, w, c]
            winners[n, c] = Double(h * x.w + w)
        }
        return (tensor(y), tensor(winners.values, [x.n, x.c], .int32))
    }

    public func globalMaxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor {
        let (dy, winners) = (matrix(dy), matrix(winners))
        var dx = Array4(zeros: shape)
        dx.forEachIndex { n, h, w, c in
            if Double(h * dx.w + w) == winners[n, c] { dx[n, h, w, c] = dy[n, c] }
        }
        return tensor(dx)
    }

    public func globalMeanPool(_ x: Tensor) -> Tensor {
        let x = array4(x)
        var y = Matrix(x.n, x.c)
        x.forEachIndex { n, h, w, c in y[n, c] += x[n, h, w, c] / Double(x.h * x.w) }
        return tensor(y)
    }

    public func globalMeanPoolGradient(_ dy: Tensor, shape: Shape) -> Tensor {
        let dy = matrix(dy)
        var dx = Array4(zeros: shape)
        dx.forEachIndex { n, h, w, c in dx[n, h, w, c] = dy[n, c] / Double(dx.h * dx.w) }
        return tensor(dx)
    }

    public func maxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor) {
        let x = array4(x)
        var y = Array4(zeros: [x.n, x.h / 2, x.w / 2, x.c])
        var winners = y
        y.values = y.values.map { _ in -.infinity }
        x.forEachIndex { n, h, w, c in
            guard h / 2 < y.h, w / 2 < y.w, x[n, h, w, c] > y[n, h / 2, w / 2, c] else { return }
            y[n, h / 2, w / 2, c] = x[n, h, w, c]
            winners[n, h / 2, w / 2, c] = Double(2 * (h % 2) + w % 2)
        }
        return (tensor(y), tensor(winners.values, y.shape, .int32))
    }

    public func maxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor {
        let (dy, winners) = (array4(dy), array4(winners))
        var dx = Array4(zeros: shape)
        dy.forEachIndex { n, h, w, c in
            let winner = Int(winners[n, h, w, c])
            dx[n, 2 * h + winner / 2, 2 * w + winner % 2, c] = dy[n, h, w, c]
        }
        return tensor(dx)
    }

    public func batchNormSums(_ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor) -> Tensor {
        let normalised = normalised(x, mean, inverseDeviation)
        let sums =
            doubles(sum(combine(.multiply, dy, normalised, .elementwise), .channels))
            + doubles(sum(dy, .channels))
        return tensor(sums, [2, x.shape.last], .float64)
    }

    public func batchNormGradient(
        _ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor, gamma: Tensor, sums: Tensor,
        count: Int
    ) -> Tensor {
        let means = affine(sums, scale: 1 / Double(count), shift: 0)
        // dx = γ/σ · (dy − ⟨dy⟩ − x̂·⟨dy·x̂⟩), ⟨·⟩ the mean over the batch
        let projection = combine(
            .multiply, normalised(x, mean, inverseDeviation), row(0, of: means), .channels)
        let inner = combine(
            .subtract, combine(.subtract, dy, row(1, of: means), .channels), projection, .elementwise)
        return combine(
            .multiply, inner, combine(.multiply, gamma, inverseDeviation, .elementwise), .channels)
    }

    private func row(_ index: Int, of x: Tensor) -> Tensor {
        x.rows(index..<index + 1).reshaped([x.shape.last])
    }

    private func normalised(_ x: Tensor, _ mean: Tensor, _ inverseDeviation: Tensor) -> Tensor {
        combine(.multiply, combine(.subtract, x, mean, .channels), inverseDeviation, .channels)
    }
}
