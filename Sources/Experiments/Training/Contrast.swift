import EnergyModels
import Flows
import Glibc
import Gradients
import Networks
import Tensors

/// d = log p − log q − log ν for each base of the energy, as logMarginal(f − δ) + offset.
///
/// | base | fixed flow | joint |
/// | --- | --- | --- |
/// | none | −c̄ − log q | −c̄ − log q |
/// | flow | 0 (log q₀ cancels) | log q₀ − log q_α |
/// | moving | 0 | 0 |
struct Contrast {
    let context: TrainingContext
    let energy: ConditionalEnergy

    private var backend: any Backend { context.backend }
    private var logNegatives: Double { Glibc.log(Double(context.recipe.energy.negatives)) }
    private var isJoint: Bool { context.phase.kind == .joint }

    /// Whether d needs log q of the examples.
    var needsLogDensity: Bool {
        switch energy.configuration.base {
        case .none: true
        case .flow: isJoint
        case .moving: false
        }
    }

    /// d of examples with constant densities: the energy's update. `logDensities` are log q_α where needed.
    func difference(_ marginal: Variable, images: Tensor, logDensities: [Double], on tape: Tape) -> Variable {
        let shifted = marginal.affine(shift: -logNegatives)
        guard needsLogDensity else { return shifted }
        var offsets = logDensities.map { -$0 }
        switch energy.configuration.base {
        case .none: offsets = offsets.map { $0 - energy.normalizer }
        case .flow:
            if let base = context.state.base { offsets = zip(offsets, base.logDensities(images)).map(+) }
        case .moving: break
        }
        return shifted + tape.constant(backend.tensor(offsets, marginal.shape, .float64))
    }

    /// d of `x` in the flow's update: data, or samples g_α(z) with gradient through them. The energy is held fixed,
    /// log q_α as the phase's ``FlowGradient`` says.
    ///
    /// With a moving base p carries q_α too, held fixed in this update: in d the values cancel and so do the
    /// gradients through x. What stays is the gradient of −log q_α at x.
    ///
    /// - Parameter logDensity: log q_α(x) where it is known with all gradients, as sampling does.
    func difference(
        _ marginal: Variable, x: Variable, logDensity known: Variable? = nil, of flow: Glow, _ flowPass: Pass
    ) -> Variable {
        let shifted = marginal.affine(shift: -logNegatives)
        let tape = flowPass.tape
        let isPathwise = context.phase.flowGradient == .pathwise
        let density = isPathwise ? Self.fixed(flow, at: x, tape) : { known ?? flow.logDensity(x, flowPass) }
        switch energy.configuration.base {
        case .none: return shifted - density() - energy.normalizer
        case .flow:
            guard let base = context.state.base else { preconditionFailure("base \"flow\" without q₀") }
            return shifted + Self.fixed(base, at: x, tape)() - density()
        case .moving where isPathwise: return shifted
        case .moving:
            let score = flow.logDensity(x.detached, flowPass)
            return shifted - (score - score.detached)
        }
    }

    /// log q(x), with gradient for x but not for q.
    private static func fixed(_ flow: Glow, at x: Variable, _ tape: Tape) -> () -> Variable {
        { flow.logDensity(x, Pass(flow.store, on: tape, mode: .evaluate, trainable: false)) }
    }
}
