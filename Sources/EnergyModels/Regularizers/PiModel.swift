import Gradients
import Scores

/// Two evaluations under different dropout should agree: the mean of (p(y|x) − p̃(y|x))² over images and classes, with
/// gradient through both. Laine & Aila, *Temporal Ensembling for Semi-Supervised Learning*, ICLR 2017, algorithm 1.
///
/// The paper sums the label term over a mixed batch and divides by all its images; here labels have a batch of their
/// own. Its weight w_max · M/N is therefore w_max = 100 here, whatever the number M of labels among N images.
public struct PiModel: Regularizer {
    public let metric = Metric.consistency

    public init() {}

    public func loss(_ batch: UnlabelledBatch) -> Variable {
        let second = batch.pass.withMasks(lane: 3)
        return meanSquaredDifference(batch.logPosterior, batch.logPosterior(of: batch.images, in: second))
    }
}

/// Mean over images and classes of (p − q)², of log-probabilities `[N, K]`.
public func meanSquaredDifference(_ logP: Variable, _ logQ: Variable) -> Variable {
    let difference = exp(logP) - exp(logQ)
    return (difference * difference).mean()
}
