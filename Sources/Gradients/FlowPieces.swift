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

    /// The spline of every element of `[N, …, C]`, or its inverse, and Σ log f' in nats over all but the first axis, float64
    /// `[N]`. `parameters` is `[N, …, C·P]`.
    public func splined(by parameters: Variable, _ spline: RationalQuadraticSpline, inverse: Bool = false)
        -> (
            y: Variable, logSlope: Variable
        )
    {
        let (x, raw, backend) = (value, parameters.value, backend)
        let (y, logSlope) = backend.spline(x, raw, spline, inverse: inverse)
        var slopeGradient = backend.zerosLike(logSlope)
        // One kernel gives the gradients through both results, when both have theirs.
        let both = tape.recordStep(y.shape, y.type, from: [self, parameters]) { dy in
            let (dx, draw) = backend.splineGradient(
                dy, logSlope: slopeGradient, argument: inverse ? y : x, raw, spline, inverse: inverse)
            self.receive(dx)
            parameters.receive(draw)
        }
        let slope = tape.record(logSlope, from: [both]) { gradient in
            slopeGradient = gradient
            both.receive(backend.zerosLike(y))
        }
        return (tape.record(y, from: [both]) { dy in both.receive(dy) }, slope)
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
