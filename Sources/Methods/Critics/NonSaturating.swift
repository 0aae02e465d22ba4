import Gradients

/// The first GAN, with f the logit of "this is an image": the critic minimises
/// E_data[softplus(−f(x))] + E_z[softplus(f(g(z)))], the generator E_z[softplus(−f(g(z)))].
/// Goodfellow et al., *Generative Adversarial Nets*, 2014, eq. 1 and, for the generator, the end of section 3; with
/// Radford et al.'s networks (2016) the row DCGAN.
public struct NonSaturating: AdversarialObjective {
    public init() {}

    public func criticLoss(data: Variable, samples: Variable) -> Variable {
        softplus(-data).mean() + softplus(samples).mean()
    }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable { softplus(-samples).mean() }
}
