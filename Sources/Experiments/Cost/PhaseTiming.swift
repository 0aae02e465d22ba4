import EnergyModels

/// What one phase of a run takes, from the speed that was measured: how often everything happens.
struct PhaseTiming {
    let recipe: Recipe
    let phase: PhaseRecipe
    let speed: PhaseSpeed
    let size: DataSize

    private var steps: Double { Double(phase.steps) }
    /// Images whose densities a test looks at.
    private var scored: Double { Double(min(size.test, Evaluator.densityLimit)) }
    /// Test and held-out images.
    private var classified: Double { Double(size.test + recipe.data.validation) }

    var training: ComputeTime {
        // The gate decides only in training: one update of the flow for each of the energy.
        let flow = phase.kind == .joint ? steps * speed.flowUpdate : .zero
        // The divergence guard looks at 256 images every 50 updates of the flow.
        let guarded = phase.kind == .joint ? 256 * steps / 50 * speed.flowDensity : .zero
        return speed.start + steps * speed.update + flow + guarded + pools + draws
    }

    /// Samples of the fixed flow, drawn into a pool.
    private var pools: ComputeTime {
        guard phase.kind == .energy, phase.pool > 0 else { return .zero }
        let used = steps * Double(recipe.generatedBatch(of: phase))
        let fillings = (used / Double(phase.pool) / Double(phase.poolUses)).rounded(.up)
        return fillings * Double(phase.pool) * speed.sample
    }

    /// log q of every training image under its cached draws.
    private var draws: ComputeTime {
        guard phase.kind == .energy, phase.draws > 0, recipe.energy.base == .none else { return .zero }
        return Double(phase.draws * size.unlabelled(recipe)) * speed.flowDensity
    }

    /// On the way and at the phase's end.
    var tests: ComputeTime {
        let checkpoints = times(
            recipe.checkpoint.every, of: phase.kind == .joint ? 2 * phase.steps : phase.steps)
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
        switch phase.kind {
        case .flowMLE: return errors + 256 * speed.flowDensity
        case .vae: return errors + 256 * speed.bound
        default: return errors + classified * speed.classification
        }
    }

    /// The scores of the phase's end, and a picture of 64 samples.
    private var score: ComputeTime {
        if phase.kind == .supervised { return classified * speed.classification }
        let hasSamples = phase.kind != .flowMLE && recipe.usesFlow
        let normalizer = hasSamples ? 1000 * (speed.sample + speed.density) : .zero
        return classified * speed.classification + scored * (speed.density + speed.bound) + normalizer
            + 64 * speed.sample
    }

    /// After the last phase: histograms, and p(y|x) of held-out images.
    var ending: ComputeTime {
        let histograms =
            recipe.usesFlow && recipe.usesEnergy
            ? Double(min(size.test, Evaluator.histogramLimit)) * speed.density
                + Double(Evaluator.histogramLimit) * (speed.density + speed.sample) : .zero
        return histograms + Double(recipe.data.validation) * speed.classification
    }
}
