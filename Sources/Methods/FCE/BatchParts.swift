import EnergyModels
import Gradients
import Networks
import Tensors

extension ConditionalEnergy {
    /// h_k − δ_k and the features of the parts of a batch, in their order. With batch statistics every part is evaluated by
    /// itself: its own images alone then decide them, in this pass and in later ones over the same part.
    package func classParts(ofParts parts: [Tensor], _ pass: Pass, _ trace: Linearization? = nil)
        -> (logits: Variable, features: Variable)
    {
        guard configuration.usesBatchStatistics else {
            return classParts(
                pass.constant(pass.backend.stacked(parts)), pass, trace: trace,
                parts: parts.map(\.shape.first))
        }
        let each = parts.enumerated().map { index, part in
            classParts(pass.constant(part), index == 0 ? pass : pass.withMasks(lane: 8 + index))
        }
        return (stacked(each.map(\.logits)), stacked(each.map(\.features)))
    }
}
