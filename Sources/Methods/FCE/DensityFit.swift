import EnergyModels
import Glibc
import Gradients
import Scores
import Tensors

/// How an energy of base `none` may begin: e(x) is fitted to log q by least squares, over data and samples alike, so that V
/// starts where log p and log q agree up to a small rest. Class parts are held fixed in it, and constants are left to c̄.
package struct DensityFit {
    /// 1 − R²: the share of the variance of log q that m leaves unexplained.
    package let loss: Variable
    /// The standard deviation of m − log q, nats.
    package let deviation: Double

    /// - Parameters:
    ///   - marginal: m of examples, with a shared energy.
    ///   - logDensity: their log q, nats `[N]`.
    package init(of marginal: Marginal, to logDensity: Variable) {
        guard let shared = marginal.shared else { preconditionFailure("a fit without a shared energy") }
        let rest = (shared + marginal.classes.detached - logDensity).variance
        let backend = logDensity.tape.backend
        loss = rest.affine(scale: 1 / backend.scalar(logDensity.variance.value))
        deviation = backend.scalar(rest.value).squareRoot()
    }

    package var measures: Measures { [.fitDeviation: deviation] }
}

extension Variable {
    /// The variance over all entries.
    fileprivate var variance: Variable {
        combined(.subtract, mean(), .scalar).mapped(.square).mean()
    }
}
