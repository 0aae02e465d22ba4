import Gradients
import Tensors

// The objective of flow contrastive estimation: V of eq. 12 and L_label of eq. 17. Gao et al., *Flow Contrastive Estimation
// of Energy-Based Models*, CVPR 2020. Everything is a function of d = log p(x) − log q(x) − log ν, in nats and float64, on data
// and on ν samples a datum; p/(p + νq) = σ(d).

/// V(θ, α) of eq. 12: E_data[log σ(d)] + ν·E_samples[log(1 − σ(d))], in nats a datum.
public func contrastValue(data: Variable, samples: Variable, negatives: Double = 1) -> Variable {
    -softplus(-data).mean() - negatives * softplus(samples).mean()
}

/// What the flow minimises.
public enum FlowObjective: String, Sendable, CaseIterable, Codable {
    /// V as printed. Its gradient fades when the energy model is sure.
    case value
    /// V with labels swapped: softplus(d) on data, softplus(−d) on samples.
    case nonSaturating = "non-saturating"

    public func loss(data: Variable, samples: Variable, negatives: Double = 1) -> Variable {
        switch self {
        case .value: contrastValue(data: data, samples: samples, negatives: negatives)
        case .nonSaturating: softplus(data).mean() + negatives * softplus(-samples).mean()
        }
    }
}

/// Selects the dependence of V on α that the flow's gradient follows.
public enum FlowGradient: String, Sendable, CaseIterable, Codable {
    /// The whole gradient: through the samples g_α(z), and through log q_α in d.
    case full
    /// The gradient through the samples only, with d held fixed as a function of x, as for a GAN's generator.
    ///
    /// It leaves out −E_data[σ(−d) ∂log q] + E_q[σ(d) ∂log q], whose mean vanishes where p is the data's density,
    /// because d is the optimal classifier there. Elsewhere it is the part that raises the flow's likelihood, which is
    /// why recipes that use `pathwise` add −log q with a small weight. On images its norm was a hundred times the
    /// rest's; at one checkpoint most of it was mean, not noise (Docs/method.md).
    case pathwise
}

/// L_label of eq. 17 with its sign turned: −E[log p(y|x)], nats. `labels` are one-hot, float64 `[N, K]`.
public func crossEntropy(_ logPosterior: Variable, oneHot labels: Variable) -> Variable {
    -(logPosterior * labels).sum(.all).affine(scale: 1 / Double(labels.shape.first))
}

extension Backend {
    /// Labels as float64 `[N, K]`.
    public func oneHot(_ labels: [Int], classes: Int) -> Tensor {
        var values = [Double](repeating: 0, count: labels.count * classes)
        for (row, label) in labels.enumerated() { values[row * classes + label] = 1 }
        return tensor(values, [labels.count, classes], .float64)
    }
}
