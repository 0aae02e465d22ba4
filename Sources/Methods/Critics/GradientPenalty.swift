import Gradients
import Networks
import Scores
import Tensors

/// The Wasserstein distance by a critic whose gradient is pulled to length 1: ``Wasserstein`` without clipping, and
/// λ·E[(‖∇f(x̂)‖ − 1)²] at x̂ = u·x + (1 − u)·g(z), u uniform for each pair of images.
/// Gulrajani et al., *Improved Training of Wasserstein GANs*, 2017, eq. 3.
///
/// The tape has no second derivatives, and needs none: with ĝ = ∇f(x̂)/‖∇f(x̂)‖ held fixed,
/// ∂‖∇f(x̂)‖/∂θ = ∂/∂θ (ĝ·∇f(x̂)), and ĝ·∇f(x̂) is a directional derivative, which one forward pass of the derivative gives.
/// All of it is computed in the real type.
///
/// A central difference of f along ĝ would not do: a unit whose sign changes between its ends adds a jump divided by their
/// distance, which differentiating the gradient does not see. On SVHN-10k, for such a critic at its start, its cosine to
/// the gradient of PyTorch's double backward is 0.05, 0.15, 0.30, 0.71 and 0.88 for steps of 1e-4, 1e-3, 1e-2, 0.1 and 1,
/// in float64 as in float32 (`Tests/Golden/measure_gradient_penalty.py`).
public struct GradientPenalty: AdversarialObjective {
    /// λ.
    public let weight: Double

    public init(weight: Double = 10) { self.weight = weight }

    public func criticLoss(data: Variable, samples: Variable) -> Variable { samples.mean() - data.mean() }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable { -samples.mean() }

    /// Its loss has the penalty's gradient, and the value Σ 2λ(‖∇f‖ − 1)/N·ĝ·∇f; the penalty is measured as `penalty`,
    /// the mean of ‖∇f(x̂)‖ as `inputGradient`.
    public func penalty(
        _ critic: Critic, data: Tensor, samples: Tensor, key: RandomKey
    ) -> AdversarialTerm? {
        penalty(critic, at: Self.interpolates(data, samples, key, critic.backend))
    }

    /// The penalty at given x̂ `[N, H, W, C]`.
    package func penalty(_ critic: Critic, at x: Tensor) -> AdversarialTerm {
        let (backend, count) = (critic.backend, x.shape.first)
        let gradient = critic.inputGradient(at: x)
        let lengths = backend.map(.squareRoot, backend.sum(backend.map(.square, gradient), .rows))
        let excess = backend.affine(backend.affine(lengths, scale: 1, shift: -1), scale: 2 * weight, shift: 0)
        let factors = backend.combine(
            .divide, excess, backend.tensor([Double(count)], [1], .float64), .scalar)
        let loss =
            critic.directionalDerivative(at: x, along: backend.directions(gradient, lengths)).sum(.rows)
            * critic.pass.constant(factors)
        let norms = backend.doubles(lengths)
        let penalty = norms.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } * weight / Double(count)
        return AdversarialTerm(
            loss: loss.sum(.all),
            measures: [.penalty: penalty, .inputGradient: norms.reduce(0, +) / Double(count)])
    }

    private static func interpolates(
        _ data: Tensor, _ samples: Tensor, _ key: RandomKey, _ backend: any Backend
    ) -> Tensor {
        let share = backend.uniform([data.shape.first], from: 0, to: 1, key: key)
        let difference = backend.combine(.subtract, data, samples, .elementwise)
        let part = backend.combine(.multiply, difference, share, .rows)
        return backend.combine(.add, samples, part, .elementwise)
    }
}

extension Backend {
    /// Every entry of the first axis divided by its length, float64 `[N]`. An entry of length 0 has no direction and stays.
    fileprivate func directions(_ x: Tensor, _ lengths: Tensor) -> Tensor {
        let isZero = affine(heaviside(lengths), scale: -1, shift: 1)
        return combine(.divide, x, combine(.add, lengths, isZero, .elementwise), .rows)
    }
}
