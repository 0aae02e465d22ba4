import Gradients
import Scores
import System
import Tensors
import Training

extension TrainingContext {
    /// What an update by chains logs of f and of the walk.
    ///
    /// - Parameters:
    ///   - data: f of images.
    ///   - chains: f of the chains' ends.
    ///   - walk: how the chains came there.
    ///   - largestGap: the largest |E_data f − E_chains f| before the run stops.
    /// - Throws: `UserError(.diverged)` once the chains no longer follow the energy.
    func chainMeasures(
        data: Variable, chains: Variable, _ walk: Langevin.Walk, largestGap: Double
    ) throws -> Measures {
        let (fData, fChains) = (mean(backend.doubles(data.value)), mean(backend.doubles(chains.value)))
        let gap = fData - fChains
        // A gap that is not a number must stop the run too.
        guard abs(gap) <= largestGap else {
            throw UserError(
                .diverged, "mean f differs by \(gap) between data and chains, chains.guard is \(largestGap)",
                at: "phase \(phaseIndex + 1) (\(phase.kind)), step \(state.step + 1)",
                advice: "lower optimizer.rate, take more or smaller chains.steps, or set chains.penalty")
        }
        return [
            .fData: fData, .fChains: fChains, .gap: gap, .chainRise: fChains - walk.startValue,
            .chainDisplacement: walk.displacement, .chainGradFirst: walk.gradientNorm.first,
            .chainGradLast: walk.gradientNorm.last,
        ]
    }
}
