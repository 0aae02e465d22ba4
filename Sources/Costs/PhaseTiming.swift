import EnergyModels
import Evaluation
import Methods
import Training

/// What one phase of a run takes, from the speed that was measured: how often everything happens.
package struct PhaseTiming {
    package let recipe: Recipe
    package let phase: PlannedPhase
    package let speed: PhaseSpeed
    package let size: DataSize

    private var steps: Double { Double(phase.steps) }
    /// Images whose densities a test looks at.
    private var scored: Double { Double(min(size.test, Evaluator.densityLimit)) }
    /// Test and held-out images.
    private var classified: Double { Double(size.test + recipe.data.validation) }

    private var otherWork: OtherWork {
        phase.settings.otherWork(recipe, unlabelled: size.unlabelled(recipe))
    }

    package var training: ComputeTime {
        let other = otherWork
        return speed.start + steps * speed.update + other.flowUpdates * speed.flowUpdate
            + other.flowDensities * speed.flowDensity + other.samples * speed.sample
    }

    /// On the way and at the phase's end.
    package var tests: ComputeTime {
        let checkpoints = times(
            recipe.checkpoint.every, of: phase.steps + Int(otherWork.flowUpdates))
        return times(recipe.evaluate.every, of: phase.steps) * quickTest
            + times(recipe.evaluate.snapshots, of: phase.steps) * speed.picture
            + (checkpoints + 2) * speed.checkpoint + score
    }

    /// How often something happens between the first step and the last, which has a test of its own.
    private func times(_ interval: Int, of steps: Int) -> Double {
        interval > 0 && steps > 0 ? Double((steps - 1) / interval) : 0
    }

    private var quickTest: ComputeTime {
        let errors = recipe.data.source == .plane ? scored * speed.density : .zero
        let count = Double(TrainingContext.initializationCount)
        // Without a classifier a test looks at log q, or at a bound on log p, of held-out images.
        return phase.settings.models == .flow
            ? errors + count * speed.flowDensity
            : errors + (speed.bound == .zero ? classified * speed.classification : count * speed.bound)
    }

    /// The scores of the phase's end, and a picture of 64 samples.
    private var score: ComputeTime {
        if phase.settings.meaning == .classifier, !recipe.uses(.generator) {
            return classified * speed.classification
        }
        let hasSamples = phase.settings.models != .flow && recipe.uses(.flow)
        let normalizer = hasSamples ? 1000 * (speed.sample + speed.density) : .zero
        return classified * speed.classification + scored * (speed.density + speed.bound) + normalizer
            + 64 * speed.sample
    }

    /// After the last phase: histograms, and p(y|x) of held-out images.
    package var ending: ComputeTime {
        let histograms =
            recipe.uses(.flow) && recipe.uses(.energy)
            ? Double(min(size.test, Evaluator.histogramLimit)) * speed.density
                + Double(Evaluator.histogramLimit) * (speed.density + speed.sample) : .zero
        return histograms + Double(recipe.data.validation) * speed.classification
    }
}
