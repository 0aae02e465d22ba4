import EnergyModels
import Gradients
import Networks
import System
import Training

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
    ///   - marginal: m, the parts that it is the sum of; Gao et al. 2020, eqs. 16 and 18.
    ///   - temper: τ in 0...1, with base `none` and a shared energy e. Below 1 the energy is on its way from the flow to a density
    ///     of its own, log p_k = (1 − τ)·log q + τ·(e − c̄) + h_k − δ_k, and 1 is the paper's.
    ///   - density: log q, `[N]`, asked for where the base needs it.
    ///   - initial: log q₀, `[N]`, likewise.
    package func logRatio(
        _ marginal: Marginal, temper: Double = 1, density: () -> Variable, initial: () -> Variable
    ) -> Variable {
        switch energy.configuration.base {
        case .none:
            guard let shared = marginal.shared else {
                return marginal.classes - density().affine(shift: energy.normalizer)
            }
            return marginal.classes
                + (shared - density().affine(shift: energy.normalizer)).affine(scale: temper)
        case .flow: return marginal.total + (initial() - density())
        case .moving: return marginal.total
        }
    }
}

/// m(x) = log Σ_k ρ_k exp(f_k(x) − δ_k), nats `[N]`, as a sum.
package struct Marginal {
    /// log Σ_k ρ_k exp(h_k(x) − δ_k).
    package var classes: Variable
    /// e(x); nil for a head without a shared energy.
    package let shared: Variable?

    package var total: Variable { shared.map { classes + $0 } ?? classes }

    /// The same with `classes` less `shift` nats.
    package func lowered(by shift: Double) -> Marginal {
        Marginal(classes: classes.affine(shift: -shift), shared: shared)
    }
}

extension ConditionalEnergy {
    /// m of images `[N, H, W, C]`.
    package func marginal(_ x: Variable, _ pass: Pass) -> Marginal {
        let parts = classParts(x, pass)
        return marginal(x, classes: parts.logits, features: parts.features, pass)
    }

    /// m of images of which h_k − δ_k and the features are known.
    package func marginal(_ x: Variable, classes: Variable, features: Variable, _ pass: Pass) -> Marginal {
        Marginal(classes: logMarginal(classes, pass), shared: sharedEnergy(x, features: features, pass))
    }
}

extension TrainingContext {
    /// Throws `UserError(.recipe)` where the energy of base `none` cannot be a density: f of standardised images is the same for
    /// ax + b as for x, so that ∫ exp f dx diverges, and it cannot follow log q, which sees brightness and contrast.
    package func requireDensity() throws {
        let energy = recipe.energy
        guard energy.base == .none, recipe.input.standardize, !energy.head.hasOwnLayers else {
            return
        }
        throw UserError(
            .recipe,
            "with input.standardize = true an energy of base \"none\" sees neither brightness nor contrast, and is no density",
            at: "energy.head",
            advice: "set energy.head = \"flow\" or \"separate\", whose shared energy sees the pixels, or "
                + "input.standardize = false")
    }
}
