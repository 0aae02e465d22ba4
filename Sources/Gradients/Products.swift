import Tensors

extension Variable {
    /// `self` `[m, k]` · `other` `[k, n]`, or `[k, m]`ᵀ and `[n, k]`ᵀ where said.
    public func product(_ other: Variable, transposeSelf: Bool = false, transposeOther: Bool = false)
        -> Variable
    {
        let (a, b, backend) = (value, other.value, backend)
        let y = backend.matrixProduct(a, b, transposeA: transposeSelf, transposeB: transposeOther)
        return tape.record(y, from: [self, other]) { dy in
            // For C = AB: dA = dC·Bᵀ and dB = Aᵀ·dC; a transposed operand's gradient is transposed too.
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
        let (x, w, backend) = (value, weights.value, backend)
        let y = backend.convolution(
            x, w, bias: bias?.value, geometry, slope: slope, output: output ?? x.type)
        return tape.record(y, from: [self, weights, bias]) { dy in
            let wantsBias = bias?.isTracked == true
            let (gradient, db) = backend.activationGradient(dy, y, slope: slope, wantsBias: wantsBias)
            if let db { bias?.receive(db) }
            let dz = backend.cast(gradient, to: x.type)
            weights.receive(backend.convolutionWeightGradient(x, dz, geometry, shape: w.shape))
            self.receive(backend.convolutionInputGradient(dz, w, geometry, shape: x.shape))
        }
    }
}
