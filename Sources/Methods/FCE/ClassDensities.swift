import EnergyModels
import Gradients
import Networks
import Tensors

// The densities of a K-class energy, as functions of f_k(x) − δ_k, which `logits` of the energy gives. Gao et al., *Flow
// Contrastive Estimation of Energy-Based Models*, CVPR 2020, eqs. 15, 16 and 18.
//
//     log p_k(x) = f_k(x) − c_k,  c_k = c̄ + δ_k      eqs. 15 and 16: a class
//     log p(x)   = log Σ_k ρ_k p_k(x)                eq. 18 with ρ_k = 1/K: the mixture of all classes
//     p(y|x)     = ρ_y p_y(x) / p(x)                 Bayes' rule: the classifier, in which c̄ cancels
//
// These are the densities of base `none`. `Base` says what stands beside f_k with the others.

extension ConditionalEnergy {
    /// log Σ_k ρ_k exp(f_k(x) − δ_k) = log p(x) + c̄, nats `[N]`; with a tilted base less the base's log density. Gao et al.
    /// 2020, eqs. 16 and 18.
    ///
    /// - Parameters:
    ///   - logits: f_k(x) − δ_k, float64 `[N, K]`.
    ///   - pass: the pass that they were computed in.
    public func logMarginal(_ logits: Variable, _ pass: Pass) -> Variable {
        logits.combined(.add, logPriors(pass.tape), .channels).logSumExp()
    }

    /// log p(y|x) = log softmax(f_k(x) − δ_k + log ρ_k), nats `[N, K]`: the posterior of L_label, Gao et al. 2020, eq. 17.
    /// Arguments as for `logMarginal`.
    public func logPosterior(_ logits: Variable, _ pass: Pass) -> Variable {
        classScores(logits, pass).logSoftmax()
    }

    /// Sets c̄ so that log p − log q has mean 0 over a batch.
    ///
    /// - Parameters:
    ///   - marginals: log p + c̄ as `logMarginal` gives it, nats `[N]`.
    ///   - logDensity: log q, nats `[N]`.
    public func calibrate(_ marginals: [Double], logDensity: [Double]) {
        precondition(marginals.count == logDensity.count && !marginals.isEmpty)
        normalizer = zip(marginals, logDensity).reduce(0) { $0 + $1.0 - $1.1 } / Double(marginals.count)
    }
}
