import Tensors

extension Variable {
    /// `self` `[m, k]` · `other` `[k, n]`, or `[k, m]`ᵀ and `[n, k]`ᵀ where said.
    public func product(_ other: Variable, transposeSelf: Bool = false, transposeOther: Bool = false)
        -> Variable
    {
        let (a, b, backend) = (value, other.value, backend)
        let y = backend.matrixProduct(a, b, transposeA: transposeSelf, transposeB: transposeOther)
        return tape.record(y, from: [self, other]) { dy in
            // C = AB has dA = dC·Bᵀ and dB = Aᵀ·dC; the gradient of a transposed operand is transposed too.
            self.receive(
                transposeSelf
                    ? backend.matrixProduct(b, dy, transposeA: transposeOther, transposeB: true)
                    : backend.matrixProduct(dy, b, transposeA: false, transposeB: !transposeOther))
            other.receive(
                transposeOther
                    ? backend.matrixProduct(dy, a, transposeA: true, transposeB: transposeSelf)
                    : backend.matrixProduct(a, dy, transposeA: !transposeSelf, transposeB: false))
        }
    }

    /// leakyReLU(`self` ⋆ `weights` + `bias`): `[N, H, W, C]` with `[kh, kw, C, O]` and `[O]`. `slope` 0 is ReLU, nil
    /// none. The result has `output`'s type, by default that of `self`.
    public func convolved(
        with weights: Variable, bias: Variable? = nil, _ geometry: ConvolutionGeometry = .init(),
        slope: Float? = nil, output: ScalarType? = nil
    ) -> Variable {
        let (b, backend) = (bias?.value, backend)
        let convolve = { [output = output ?? type] in
            backend.convolution(
                self.value, weights.value, bias: b, geometry, slope: slope, output: output)
        }
        let y = convolve()
        // The activation is a record of its own, so that y and dy, often the largest tensors, are freed before dx is
        // made.
        let z = tape.recordStep(y.shape, type, from: [self, weights]) { dz in
            let (x, w) = (self.value, weights.value)
            weights.receive(backend.convolutionWeightGradient(x, dz, geometry, shape: w.shape))
            self.receive(backend.convolutionInputGradient(dz, w, geometry, shape: x.shape))
        }
        return tape.record(y, again: convolve, from: [z, bias]) { y, dy in
            let wantsBias = bias?.isTracked == true
            let (dz, db) = backend.activationGradient(dy, y, slope: slope, wantsBias: wantsBias)
            if let db { bias?.receive(db) }
            z.receive(dz)
        }
    }

    /// The transpose of a convolution: `[N, H, W, C]` with `weights` `[kh, kw, O, C]`, those of the convolution that leads
    /// back, gives `[N, H', W', O]` with H' = (H − 1)·stride + kh − 2·padding + `outputPadding`, and W' likewise.
    /// The result has `output`'s type, by default that of `self`.
    ///
    /// `outputPadding`, below the stride, chooses among the extents that the convolution leads back to the same one.
    public func transposeConvolved(
        with weights: Variable, _ geometry: ConvolutionGeometry = .init(), outputPadding: Int = 0,
        output: ScalarType? = nil
    ) -> Variable {
        precondition((0..<geometry.stride).contains(outputPadding), "output padding \(outputPadding)")
        let (x, w, backend) = (value, weights.value, backend)
        func extent(_ axis: Int) -> Int {
            (x.shape[axis + 1] - 1) * geometry.stride + w.shape[axis] - 2 * geometry.padding + outputPadding
        }
        let shape: Shape = [x.shape.first, extent(0), extent(1), w.shape[2]]
        let y = backend.convolutionInputGradient(x, w, geometry, shape: shape)
        return tape.record(backend.cast(y, to: output ?? x.type), from: [self, weights]) { dy in
            let dy = backend.cast(dy, to: x.type)
            weights.receive(backend.convolutionWeightGradient(dy, x, geometry, shape: w.shape))
            self.receive(
                backend.convolution(dy, w, bias: nil, geometry, slope: nil, output: x.type))
        }
    }
}
