import Gradients
import Networks
import Tensors

/// How VAT finds the direction in which p(y|x) changes most.
public enum AdversarialDirection: String, Sendable, CaseIterable, Codable {
    /// One backward pass of KL(p(x) ‖ p(x + ξd)) with a small step ξ, in full precision.
    case difference
    /// Jᵀ(diag p − ppᵀ)J·d: the Fisher–vector product that the difference approximates.
    case exact
}

/// Virtual adversarial training: KL(p(y|x) ‖ p(y|x + r)), r the most damaging step of length ε.
/// Miyato et al., *Virtual Adversarial Training*, TPAMI 2019, eqs. 5–12.
public struct VirtualAdversarial: Sendable {
    /// ε, Euclidean norm over an image, in the units of the data.
    public var radius: Double
    /// Power iterations.
    public var iterations: Int
    public var direction: AdversarialDirection
    /// ξ of the difference.
    public var step: Double
    /// Whether all passes use the clean pass's dropout masks; fresh masks drown r in mask noise.
    public var sharesMasks: Bool

    public init(
        radius: Double = 2.5, iterations: Int = 1, direction: AdversarialDirection = .exact,
        step: Double = 0.1, sharesMasks: Bool = true
    ) {
        self.radius = radius
        self.iterations = iterations
        self.direction = direction
        self.step = step
        self.sharesMasks = sharesMasks
    }

    /// The clean evaluation that VAT starts from: unlabelled images first in their batch, so that equal dropout keys
    /// mean equal masks.
    public struct Clean {
        public let images: Tensor
        /// log p(y|x), `[B, K]`, of the same pass.
        public let logPosterior: Variable
        /// Of the same pass; needed by `.exact`.
        public let linearization: Linearization?

        public init(images: Tensor, logPosterior: Variable, linearization: Linearization?) {
            self.images = images
            self.logPosterior = logPosterior
            self.linearization = linearization
        }
    }

    /// The mean divergence in nats, differentiable for the parameters; p(y|x) is held fixed.
    public func loss(_ energy: ConditionalEnergy, _ clean: Clean, key: RandomKey, _ pass: Pass) -> Variable {
        let r = perturbation(energy, clean, key: key, pass)
        let backend = pass.backend
        let moved = pass.constant(backend.combine(.add, clean.images, r, .elementwise))
        let second = sharesMasks ? pass : pass.withMasks(lane: 1)
        let perturbed = energy.logPosterior(energy.logits(moved, second), second)
        return meanDivergence(clean.logPosterior.detached, perturbed)
    }

    /// r: `[B, H, W, C]`, every image of norm ε.
    public func perturbation(
        _ energy: ConditionalEnergy, _ clean: Clean, key: RandomKey, _ pass: Pass
    ) -> Tensor {
        let backend = pass.backend
        var d = backend.normalizedRows(backend.normal(clean.images.shape, key: key), norm: 1)
        for _ in 0..<iterations {
            let g: Tensor =
                switch direction {
                case .exact: exactGradient(d, clean, backend)
                case .difference: differenceGradient(d, energy, clean, pass)
                }
            d = backend.normalizedRows(g, norm: 1)
        }
        return backend.affine(d, scale: radius, shift: 0)
    }

    /// Self-check: the mean cosine between the difference's perturbation and the exact one, from the same start.
    /// Near 1 the step ξ and the precision serve; at 0.2–0.6 VAT trains on noise.
    public func agreement(
        _ energy: ConditionalEnergy, _ clean: Clean, key: RandomKey, _ pass: Pass
    ) -> Double {
        let perturbations = AdversarialDirection.allCases.map { direction in
            var copy = self
            copy.direction = direction
            return copy.perturbation(energy, clean, key: key, pass)
        }
        let cosines = pass.backend.cosines(perturbations[0], perturbations[1])
        return cosines.reduce(0, +) / Double(cosines.count)
    }

    private func exactGradient(_ d: Tensor, _ clean: Clean, _ backend: any Backend) -> Tensor {
        guard let map = clean.linearization else {
            preconditionFailure("the exact direction needs the clean pass's linearisation")
        }
        let p = backend.map(.exp, clean.logPosterior.value)
        let pt = backend.combine(.multiply, p, map.forward(d), .elementwise)
        let mean = backend.combine(.multiply, p, backend.sum(pt, .rows), .rows)
        return map.adjoint(backend.combine(.subtract, pt, mean, .elementwise))
    }

    private func differenceGradient(
        _ d: Tensor, _ energy: ConditionalEnergy, _ clean: Clean, _ outer: Pass
    ) -> Tensor {
        let backend = outer.backend
        let tape = Tape(backend)
        let pass = Pass(
            energy.store, on: tape, mode: (sharesMasks ? outer : outer.withMasks(lane: 2)).mode,
            trainable: false)
        let moved = backend.combine(
            .add, clean.images, backend.affine(d, scale: step, shift: 0), .elementwise)
        let x = tape.variable(moved)
        let logits = energy.logits(x, pass, activations: backend.real)
        let divergence = meanDivergence(
            tape.constant(clean.logPosterior.value), energy.logPosterior(logits, pass))
        tape.backward(from: divergence)
        return x.gradient ?? backend.zerosLike(moved)
    }
}

/// E[KL(p ‖ q)] in nats of log-probabilities `[N, K]`.
public func meanDivergence(_ logP: Variable, _ logQ: Variable) -> Variable {
    (exp(logP) * (logP - logQ)).sum(.all).affine(scale: 1 / Double(logP.shape.first))
}

extension Pass {
    /// The same parameters with dropout masks of another lane's stream.
    fileprivate func withMasks(lane: Int) -> Pass {
        guard case .train(let key) = mode else { return self }
        let other = RandomKey(seed: key.seed ^ UInt64(lane) << 48, purpose: key.purpose, step: Int(key.step))
        return sharingParameters(mode: .train(dropout: other))
    }
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
