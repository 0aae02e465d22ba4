import EnergyModels
import Flows
import Glibc
import Gradients
import Networks
import Tensors
import Training

/// d = log p − log q − log ν of eq. 12, as the energy's update and the flow's update need it.
package struct Contrast {
    package let context: TrainingContext
    package let energy: ConditionalEnergy
    /// Whether the flow is held as it was when the energy's training began.
    package let isFixed: Bool

    private var base: Base { Base(energy: energy) }
    private var logNegatives: Double { Glibc.log(Double(context.recipe.energy.negatives)) }

    /// Whether d needs log q of the examples.
    package var needsLogDensity: Bool { Base.needsLogDensity(energy.configuration.base, isFixed: isFixed) }

    /// d in the energy's update, where densities are constants.
    ///
    /// - Parameters:
    ///   - marginal: m of `images`.
    ///   - images: `[N, H, W, C]`.
    ///   - logDensity: log q, float64 `[N]`; nil where ``needsLogDensity`` is false.
    ///   - temper: τ of ``Base/logRatio(_:temper:density:initial:)``.
    ///   - tape: records what is computed.
    package func difference(
        _ marginal: Marginal, images: Tensor, logDensity: Tensor?, temper: Double = 1, on tape: Tape
    ) -> Variable {
        let shifted = marginal.lowered(by: logNegatives)
        guard let logDensity else { return shifted.total }
        return base.logRatio(
            shifted, temper: temper, density: { tape.constant(logDensity) },
            initial: { tape.constant(context.state.base?.logDensities(images) ?? logDensity) })
    }

    /// d of `x` in the flow's update: data, or samples g_α(z) with gradient through them. The energy is held fixed,
    /// log q_α as `gradient` says.
    ///
    /// With a moving base p carries q_α too, held fixed in this update: in d the values cancel and so do the
    /// gradients through x. What stays is the gradient of −log q_α at x.
    ///
    /// - Parameter known: log q_α(x) where it is known with all gradients, as sampling does.
    package func difference(
        _ marginal: Marginal, x: Variable, logDensity known: Variable? = nil, of flow: any Flow,
        _ flowPass: Pass,
        gradient: FlowGradient
    ) -> Variable {
        let tape = flowPass.tape
        let ratio = base.logRatio(
            marginal.lowered(by: logNegatives),
            density: {
                gradient == .pathwise
                    ? Self.fixed(flow, at: x, tape) : known ?? flow.logDensity(x, flowPass)
            },
            initial: {
                guard let initial = context.state.base else {
                    preconditionFailure("base \"flow\" without q₀")
                }
                return Self.fixed(initial, at: x, tape)
            })
        guard energy.configuration.base == .moving, gradient == .full else { return ratio }
        let score = flow.logDensity(x.detached, flowPass)
        return ratio - (score - score.detached)
    }

    /// log q(x), with gradient for x but not for q.
    private static func fixed(_ flow: any Flow, at x: Variable, _ tape: Tape) -> Variable {
        flow.logDensity(x, Pass(flow.store, on: tape, mode: .evaluate, trainable: false))
    }
}
