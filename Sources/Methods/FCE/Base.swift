import EnergyModels
import Gradients

/// What exp(f_k) multiplies, and with it log p and d = log p − log q, in nats. Training, evaluation and costs all take d
/// from here.
///
/// | base | log p_k(x) | log p(x) − log q(x) with m(x) = log Σ_k ρ_k exp(f_k(x) − δ_k) |
/// | --- | --- | --- |
/// | none | f_k − c_k, eq. 15 | m − c̄ − log q |
/// | flow | log q₀ + f_k − c_k | m + log q₀ − log q; while the flow is q₀, m |
/// | moving | log q + f_k − c_k | m |
package struct Base {
    package let energy: ConditionalEnergy

    package init(energy: ConditionalEnergy) { self.energy = energy }

    /// Whether log p − log q depends on log q.
    ///
    /// - Parameter isFixed: whether the flow is as it was when the energy's training began.
    package static func needsLogDensity(_ base: EnergyConfiguration.Base, isFixed: Bool) -> Bool {
        switch base {
        case .none: true
        case .flow: !isFixed
        case .moving: false
        }
    }

    /// log p − log q, nats `[N]`.
    ///
    /// - Parameters:
    ///   - marginal: m, `[N]`; Gao et al. 2020, eqs. 16 and 18.
    ///   - density: log q, `[N]`, asked for where the base needs it.
    ///   - initial: log q₀, `[N]`, likewise.
    package func logRatio(_ marginal: Variable, density: () -> Variable, initial: () -> Variable) -> Variable
    {
        switch energy.configuration.base {
        case .none: marginal - density().affine(shift: energy.normalizer)
        case .flow: marginal + (initial() - density())
        case .moving: marginal
        }
    }
}
