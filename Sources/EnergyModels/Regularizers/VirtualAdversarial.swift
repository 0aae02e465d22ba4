import Gradients
import Networks
import Scores
import Tensors

/// How VAT finds the direction in which p(y|x) changes most.
public enum AdversarialDirection: String, Sendable, CaseIterable, Codable {
    /// One backward pass of KL(p(x) ‖ p(x + ξd)) with a small step ξ, in full precision.
    case difference
    /// Jᵀ(diag p − ppᵀ)J·d: the Fisher–vector product that the difference approximates.
    case exact
}

/// Whose answer on clean images VAT holds fixed and asks for near them.
public enum AdversarialTarget: String, Sendable, CaseIterable, Codable {
    /// The classifier itself, as published.
    case student
    /// The averaged weights (Tarvainen & Valpola, NIPS 2017), under dropout of their own.
    case teacher
}

/// Virtual adversarial training: KL(p(y|x) ‖ p(y|x + r)), r the most damaging step of length ε.
/// Miyato et al., *Virtual Adversarial Training*, TPAMI 2019, eqs. 5–12.
///
/// With ``AdversarialTarget/teacher`` the first p(y|x) is the teacher's, and r still is the step that damages the
/// student's most. That combination is not the paper's.
public struct VirtualAdversarial: Regularizer, Sendable {
    public let metric = Metric.vat
    /// ε, Euclidean norm over an image, in the units of the data.
    public var radius: Double
    /// Power iterations.
    public var iterations: Int
    public var direction: AdversarialDirection
    /// ξ of the difference.
    public var step: Double
    /// Whether the student's passes use the clean pass's dropout masks; fresh masks drown r in mask noise.
    public var sharesMasks: Bool
    public var target: AdversarialTarget

    public init(
        radius: Double = 2.5, iterations: Int = 1, direction: AdversarialDirection = .exact,
        step: Double = 0.1, sharesMasks: Bool = true, target: AdversarialTarget = .student
    ) {
        self.radius = radius
        self.iterations = iterations
        self.direction = direction
        self.step = step
        self.sharesMasks = sharesMasks
        self.target = target
    }

    /// The mean divergence in nats, differentiable for the student's parameters; the target is held fixed.
    public func loss(_ batch: UnlabelledBatch) -> Variable {
        let moved = batch.backend.combine(.add, batch.images, perturbation(batch), .elementwise)
        let second = sharesMasks ? batch.pass : batch.pass.withMasks(lane: 1)
        let wanted = target == .teacher ? batch.teacherLogPosterior() : batch.logPosterior.detached
        return meanDivergence(wanted, batch.logPosterior(of: moved, in: second))
    }

    /// r: `[B, H, W, C]`, every image of norm ε.
    public func perturbation(_ batch: UnlabelledBatch) -> Tensor {
        let backend = batch.backend
        var d = backend.normalizedRows(backend.normal(batch.images.shape, key: batch.key), norm: 1)
        for _ in 0..<iterations {
            let g: Tensor =
                switch direction {
                case .exact: exactGradient(d, batch)
                case .difference: differenceGradient(d, batch)
                }
            d = backend.normalizedRows(g, norm: 1)
        }
        return backend.affine(d, scale: radius, shift: 0)
    }

    public var needsLinearization: Bool { direction == .exact }

    /// The mean cosine between the difference's perturbation and the exact one, from the same start. Near 1 the step ξ
    /// and the precision serve; at 0.2–0.6 VAT trains on noise. Empty where the network has no exact direction.
    public func selfCheck(_ batch: UnlabelledBatch) -> Measures {
        guard batch.linearization != nil else { return [:] }
        let perturbations = AdversarialDirection.allCases.map { direction in
            var copy = self
            copy.direction = direction
            return copy.perturbation(batch)
        }
        let cosines = batch.backend.cosines(perturbations[0], perturbations[1])
        return [.vatCosine: cosines.reduce(0, +) / Double(cosines.count)]
    }

    private func exactGradient(_ d: Tensor, _ batch: UnlabelledBatch) -> Tensor {
        guard let map = batch.linearization else {
            preconditionFailure("the exact direction needs the clean pass's linearisation")
        }
        let backend = batch.backend
        let p = backend.map(.exp, batch.logPosterior.value)
        let pt = backend.combine(.multiply, p, map.forward(d), .elementwise)
        let mean = backend.combine(.multiply, p, backend.sum(pt, .rows), .rows)
        return map.adjoint(backend.combine(.subtract, pt, mean, .elementwise))
    }

    private func differenceGradient(_ d: Tensor, _ batch: UnlabelledBatch) -> Tensor {
        let (backend, energy) = (batch.backend, batch.energy)
        let tape = Tape(backend)
        let mode = sharesMasks ? batch.pass.mode : batch.pass.mode.withMasks(lane: 2)
        let pass = Pass(energy.store, on: tape, mode: mode, trainable: false, movesStatistics: false)
        let moved = backend.combine(
            .add, batch.images, backend.affine(d, scale: step, shift: 0), .elementwise)
        let x = tape.variable(moved)
        func posterior(_ x: Variable) -> Variable {
            batch.logPosterior(of: energy.classParts(x, pass, activations: backend.real).logits, in: pass)
        }
        // A clean pass in another precision would differ by more than the step ξ does.
        let isSamePrecision = sharesMasks && backend.reduced == backend.real
        let clean =
            isSamePrecision ? batch.logPosterior.value : posterior(tape.constant(batch.images)).value
        let divergence = meanDivergence(tape.constant(clean), posterior(x))
        tape.backward(from: divergence)
        return x.gradient ?? backend.zerosLike(moved)
    }
}

/// E[KL(p ‖ q)] in nats of log-probabilities `[N, K]`.
public func meanDivergence(_ logP: Variable, _ logQ: Variable) -> Variable {
    (exp(logP) * (logP - logQ)).sum(.all).affine(scale: 1 / Double(logP.shape.first))
}

extension Backend {
    /// Every entry of the first axis scaled to a Euclidean norm; zero stays zero. Squares are taken in float64:
    /// the gradient of a saturated softmax is far below float32's square root of its smallest number.
    public func normalizedRows(_ x: Tensor, norm: Double) -> Tensor {
        let wide = cast(x, to: .float64)
        let squares = sum(map(.square, wide), .rows)
        let inverse = map(.inverseSquareRoot, affine(squares, scale: 1, shift: 1e-280))
        let scaled = combine(.multiply, wide, affine(inverse, scale: norm, shift: 0), .rows)
        return cast(scaled, to: x.type)
    }

    /// Cosine per entry of the first axis, `[N]`.
    public func cosines(_ a: Tensor, _ b: Tensor) -> [Double] {
        let (a, b) = (
            normalizedRows(cast(a, to: .float64), norm: 1), normalizedRows(cast(b, to: .float64), norm: 1)
        )
        return doubles(sum(combine(.multiply, a, b, .elementwise), .rows))
    }
}
