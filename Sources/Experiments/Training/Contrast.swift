import Datasets
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

    /// d of data `x` in the flow's update: log q_α(x) is differentiable, the energy is not.
    ///
    /// With a moving base p carries q_α too, held fixed in this update: values cancel, the gradient of −log q_α stays.
    func differenceOnData(_ marginal: Variable, x: Variable, logDensity: Variable, on tape: Tape) -> Variable
    {
        let shifted = marginal.affine(shift: -logNegatives)
        switch energy.configuration.base {
        case .none: return shifted - logDensity - energy.normalizer
        case .flow: return shifted + baseDensity(x, tape) - logDensity
        case .moving: return shifted - (logDensity - logDensity.detached)
        }
    }

    /// d of samples `x` = g_α(z) in the flow's update, with gradient through x into p and log q.
    ///
    /// With a moving base the gradients of log q through x cancel between p and q; what would be left is the score
    /// ∂log q_α, whose mean under q_α is zero: it is left out.
    func differenceOnSamples(_ marginal: Variable, x: Variable, logDensity: Variable, on tape: Tape)
        -> Variable
    {
        let shifted = marginal.affine(shift: -logNegatives)
        switch energy.configuration.base {
        case .none: return shifted - logDensity - energy.normalizer
        case .flow: return shifted + baseDensity(x, tape) - logDensity
        case .moving: return shifted
        }
    }

    /// log q₀(x), with gradient for x but not for q₀.
    private func baseDensity(_ x: Variable, _ tape: Tape) -> Variable {
        guard let base = context.state.base else { preconditionFailure("base \"flow\" without q₀") }
        return base.logDensity(x, Pass(base.store, on: tape, mode: .evaluate, trainable: false))
    }
}
