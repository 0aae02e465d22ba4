import Tensors

extension Variable {
    /// log N(z; mean, e^{2·logSD}) summed over all but the first axis, in nats, float64 `[N]`.
    public func gaussianLogDensity(mean: Variable, logDeviation: Variable) -> Variable {
        let (z, m, s, backend) = (value, mean.value, logDeviation.value, backend)
        let y = backend.gaussianLogDensity(z, mean: m, logDeviation: s)
        return tape.record(y, from: [self, mean, logDeviation]) { dy in
            let gradient = backend.gaussianLogDensityGradient(dy, z, mean: m, logDeviation: s)
            self.receive(gradient.dz)
            mean.receive(gradient.dmean)
            logDeviation.receive(gradient.dlogDeviation)
        }
    }

    /// A⁻¹ of `[C, C]`, in float64; dA = −A⁻ᵀ·dA⁻¹·A⁻ᵀ.
    public func inverted() -> Variable {
        let backend = backend
        let y = backend.inverse(value)
        return tape.record(y, from: [self]) { dy in
            let left = backend.matrixProduct(y, dy, transposeA: true, transposeB: false)
            let both = backend.matrixProduct(left, y, transposeA: false, transposeB: true)
            self.receive(backend.affine(both, scale: -1, shift: 0))
        }
    }
}

/// W = P·L·(U + diag(sign·exp logDiagonal)); log|det W| = Σ logDiagonal. Kingma & Dhariwal, *Glow*, 2018, eqs. 10–11.
public func composedPLU(
    lower: Variable, upper: Variable, logDiagonal: Variable, signs: [Float], permutation: [Int]
) -> Variable {
    let tape = lower.tape
    let backend = tape.backend
    let plu = PLU(
        lower: lower.value, upper: upper.value, logDiagonal: logDiagonal.value, signs: signs,
        permutation: permutation)
    return tape.record(backend.composePLU(plu), from: [lower, upper, logDiagonal]) { dw in
        let gradient = backend.composePLUGradient(dw, plu)
        lower.receive(gradient.lower)
        upper.receive(gradient.upper)
        logDiagonal.receive(gradient.logDiagonal)
    }
}
