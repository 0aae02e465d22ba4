import Gradients
import Tensors

/// The hinge loss: the critic minimises E_data[max(0, 1 − f(x))] + E_z[max(0, 1 + f(g(z)))], the generator −E_z[f(g(z))].
/// Miyato et al., *Spectral Normalization for Generative Adversarial Networks*, 2018, eqs. 16 and 17; Lim & Ye,
/// *Geometric GAN*, 2017.
public struct HingeLoss: AdversarialObjective {
    public init() {}

    public func criticLoss(data: Variable, samples: Variable) -> Variable {
        (1 - data).mapped(.relu).mean() + (samples + 1).mapped(.relu).mean()
    }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable { -samples.mean() }
}

private func - (shift: Double, x: Variable) -> Variable { x.affine(scale: -1, shift: shift) }
