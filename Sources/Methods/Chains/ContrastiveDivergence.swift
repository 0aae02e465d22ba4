import Gradients
import Tensors

/// What contrastive divergence and maximum likelihood by chains descend:
///
///     E_chains[f] − E_data[f] + α·(E_data[f²] + E_chains[f²]),
///
/// whose gradient at α = 0 is that of −E_data[log p] for p ∝ exp(f) as far as the chains draw from p.
///
/// Hinton, *Training Products of Experts by Minimizing Contrastive Divergence*, 2002, starts the chains at the data and
/// lets them take a step (one-step CD); Tieleman, ICML 2008, lets them go on from update to update (persistent CD). The
/// penalty keeps f near 0: Du & Mordatch, *Implicit Generation and Modeling with Energy-Based Models*, 2019, section 3.3.
///
/// - Parameters:
///   - data: f of images, float64 `[N]` or `[N, 1]`.
///   - chains: f of the chains' ends, float64 `[M]` or `[M, 1]`; no gradient flows through the ends themselves.
///   - penalty: α.
/// - Returns: the loss, float64 `[1]`.
public func contrastiveDivergenceLoss(data: Variable, chains: Variable, penalty: Double = 0) -> Variable {
    let difference = chains.mean() - data.mean()
    guard penalty > 0 else { return difference }
    return difference + penalty * (data.mapped(.square).mean() + chains.mapped(.square).mean())
}
