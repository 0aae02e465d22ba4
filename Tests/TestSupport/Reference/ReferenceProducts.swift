import Tensors

extension ReferenceBackend {
    public func matrixProduct(_ a: Tensor, _ b: Tensor, transposeA: Bool, transposeB: Bool) -> Tensor {
        let left = transposeA ? matrix(a).transposed : matrix(a)
        let right = transposeB ? matrix(b).transposed : matrix(b)
        return tensor(left * right)
    }

    public func convolution(
        _ x: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry, slope: Float?,
        output: ScalarType
    ) -> Tensor {
        let (x, weights) = (array4(x), array4(weights))
        let bias = bias.map(doubles) ?? [Double](repeating: 0, count: weights.c)
        var y = Array4(zeros: outputShape(x.shape, weights.shape, geometry))
        y.forEachIndex { n, h, w, o in y[n, h, w, o] = bias[o] }
        forEachTap(x.shape, weights.shape, geometry) { n, h, w, c, kh, kw, yh, yw in
            for o in 0..<weights.c { y[n, yh, yw, o] += x[n, h, w, c] * weights[kh, kw, c, o] }
        }
        guard let slope else { return tensor(y) }
        y.values = y.values.map { $0 > 0 ? $0 : Double(slope) * $0 }
        return tensor(y)
    }

    public func convolutionInputGradient(
        _ dy: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor {
        let (dy, weights) = (array4(dy), array4(weights))
        precondition(
            dy.shape == outputShape(shape, weights.shape, geometry), "gradient \(dy.shape) for \(shape)")
        var dx = Array4(zeros: shape)
        forEachTap(shape, weights.shape, geometry) { n, h, w, c, kh, kw, yh, yw in
            for o in 0..<weights.c { dx[n, h, w, c] += dy[n, yh, yw, o] * weights[kh, kw, c, o] }
        }
        return tensor(dx)
    }

    public func convolutionWeightGradient(
        _ x: Tensor, _ dy: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor {
        let (x, dy) = (array4(x), array4(dy))
        precondition(dy.shape == outputShape(x.shape, shape, geometry), "gradient \(dy.shape) for \(x.shape)")
        var dw = Array4(zeros: shape)
        forEachTap(x.shape, shape, geometry) { n, h, w, c, kh, kw, yh, yw in
            for o in 0..<dw.c { dw[kh, kw, c, o] += x[n, h, w, c] * dy[n, yh, yw, o] }
        }
        return tensor(dw)
    }

    public func activationGradient(_ dy: Tensor, _ y: Tensor, slope: Float?, wantsBias: Bool) -> (
        dz: Tensor, bias: Tensor?
    ) {
        var dz = dy
        if let slope {
            let values = zip(doubles(dy), doubles(y)).map { $1 > 0 ? $0 : Double(slope) * $0 }
            dz = tensor(values, dy.shape, .float64)
        }
        return (dz, wantsBias ? sum(dz, .channels) : nil)
    }

    private func outputShape(_ x: Shape, _ weights: Shape, _ geometry: ConvolutionGeometry) -> Shape {
        precondition(x[3] == weights[2], "weights \(weights) for input \(x)")
        return [
            x[0], geometry.outputExtent(x[1], kernel: weights[0]),
            geometry.outputExtent(x[2], kernel: weights[1]), weights[3],
        ]
    }

    /// Calls `body(n, h, w, c, kh, kw, yh, yw)` for every pair of an output position and an input element that the
    /// kernel's tap (kh, kw) joins: h = yh · stride + kh − padding, likewise w.
    private func forEachTap(
        _ x: Shape, _ weights: Shape, _ geometry: ConvolutionGeometry,
        _ body: (Int, Int, Int, Int, Int, Int, Int, Int) -> Void
    ) {
        let y = outputShape(x, weights, geometry)
        for n in 0..<y[0] {
            for yh in 0..<y[1] {
                for yw in 0..<y[2] {
                    for kh in 0..<weights[0] {
                        for kw in 0..<weights[1] {
                            let h = yh * geometry.stride + kh - geometry.padding
                            let w = yw * geometry.stride + kw - geometry.padding
                            guard (0..<x[1]).contains(h), (0..<x[2]).contains(w) else { continue }
                            for c in 0..<x[3] { body(n, h, w, c, kh, kw, yh, yw) }
                        }
                    }
                }
            }
        }
    }
}
