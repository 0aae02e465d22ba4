import Gradients
import Scores
import Tensors

/// E[H(p(y|x))] in nats: classes should lie apart. Grandvalet & Bengio, *Semi-supervised Learning by Entropy
/// Minimization*, NIPS 2004, eq. 8.
public struct EntropyMinimization: Regularizer {
    public let metric = Metric.entropy

    public init() {}

    public func loss(_ batch: UnlabelledBatch) -> Variable { meanEntropy(batch.logPosterior) }
}

/// The mean entropy in nats of log-probabilities `[N, K]`.
public func meanEntropy(_ logPosterior: Variable) -> Variable {
    (-(exp(logPosterior) * logPosterior).sum(.all)).affine(scale: 1 / Double(logPosterior.shape.first))
}
