import Gradients
import Networks
import Scores
import Tensors

/// A deep directed generative model: an energy E = −f, of a product of experts, and a generator that follows it. The
/// energy minimises E_data[E(x)] − E_z[E(g(z))], the generator KL(g ‖ exp(−E)/Z) as far as it depends on g:
/// E_z[E(g(z))] − H, with H = Σ ½·ln(2πe·γ²) over the scales γ of its batch normalisations.
/// Kim & Bengio, *Deep Directed Generative Models with Energy-Based Probability Estimation*, 2016; musyoku/ddgm.
public struct DeepDirected: AdversarialObjective {
    public init() {}

    public func criticLoss(data: Variable, samples: Variable) -> Variable { samples.mean() - data.mean() }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable { -samples.mean() }

    /// −H; H is measured as `generatorEntropy`, nats.
    public func regularizer(of generator: Generator, _ pass: Pass) -> AdversarialTerm? {
        let scales = generator.gains(pass)
        guard let first = scales.first else { return nil }
        let entropy = scales.dropFirst().reduce(Self.entropy(first)) { $0 + Self.entropy($1) }
        return AdversarialTerm(
            loss: -entropy, measures: [.generatorEntropy: pass.backend.scalar(entropy.value)])
    }

    /// Σ ½·ln(2πe·γ² + 10⁻⁸), float64 `[1]`, of `[C]`: finite where a scale is 0, as in that code.
    package static func entropy(_ scales: Variable) -> Variable {
        let scale = 2 * Double.pi * 2.718_281_828_459_045
        return 0.5 * log(scales.mapped(.square).affine(scale: scale, shift: 1e-8)).sum(.all)
    }
}
