import EnergyModels
import Flows
import Gradients
import Networks
import Tensors

/// The energy alone: supervised, or against a fixed flow (FCE-init).
final class EnergyPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let energyUpdate: EnergyUpdate
    private let pool: SamplePool?
    private let schedule: Schedule

    init(_ context: TrainingContext, energy: ConditionalEnergy) {
        self.context = context
        self.energy = energy
        let phase = context.phase
        let contrast = Contrast(context: context, energy: energy)
        var (pool, draws): (SamplePool?, CachedDraws?) = (nil, nil)
        if phase.kind == .energy, let flow = context.state.flow {
            if phase.pool > 0 {
                pool = SamplePool(flow, context, size: phase.pool, uses: phase.poolUses)
            }
            if phase.draws > 0 && contrast.needsLogDensity {
                draws = CachedDraws(context, flow: flow, draws: phase.draws)
            }
        }
        self.pool = pool
        energyUpdate = EnergyUpdate(context, energy: energy, draws: draws)
        schedule = phase.optimizer.schedule(steps: phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() { startEnergy(energy, context) }

    func update() -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let measures = energyUpdate(
            samples: samples(), pace: schedule(state.step), optimizer: optimizer,
            logDensity: { state.flow?.logDensities($0) ?? [] })
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return measures
    }

    private func samples() -> EnergyUpdate.Samples? {
        guard context.phase.kind == .energy, let flow = context.state.flow else { return nil }
        let count = context.recipe.generatedBatch(of: context.phase)
        if let pool { return pool.batch(count, step: context.state.step) }
        return freshSamples(flow, count, context)
    }
}

/// Samples of the flow as it is now, for the state's update.
func freshSamples(_ flow: Glow, _ count: Int, _ context: TrainingContext) -> EnergyUpdate.Samples {
    let pass = Pass.inference(flow.store)
    let key = context.key(.sample, .samples, step: context.state.step)
    let sample = flow.sample(count, key: key, pass)
    return (sample.x.value, context.backend.doubles(sample.logDensity.value))
}

/// The phase's optimiser; at the energy's first phase also its data-dependent initialisation, c̄, and q₀.
func startEnergy(_ energy: ConditionalEnergy, _ context: TrainingContext) {
    let (state, recipe) = (context.state, context.recipe)
    if !state.energyIsInitialized {
        initialize(energy, context)
        state.energyIsInitialized = true
        if energy.configuration.base == .flow { state.base = state.flow?.duplicate() }
        state.average = recipe.average.parameters(of: energy.store)
    }
    let previous = state.energyOptimizer
    let optimizer = context.phase.optimizer.optimizer(for: energy.store)
    // One Adam for θ: a later phase goes on with the moments, so that its first steps are not those of a cold start.
    if let previous, previous.rule == optimizer.rule {
        optimizer.restore(step: previous.step, first: previous.first, second: previous.second)
    }
    state.energyOptimizer = optimizer
}

/// Weight norm from 256 held-out images; for base `none` the head's gain from the spread of log q over them, and c̄ such
/// that d starts at 0 on average.
private func initialize(_ energy: ConditionalEnergy, _ context: TrainingContext) {
    let images = context.fixedImages(context.data.heldOut(256))
    let dropout = context.key(.dropout, .initialization, step: 0)
    guard energy.configuration.base == .none, let densities = logDensities(images, context)
    else { return energy.initialize(with: images, dropout: dropout) }
    let mean = densities.reduce(0, +) / Double(densities.count)
    let variance = densities.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(densities.count)
    energy.initialize(with: images, energyDeviation: variance.squareRoot(), dropout: dropout)
    let pass = Pass.inference(energy.store)
    let marginal = energy.logMarginal(energy.logits(pass.constant(images), pass), pass)
    energy.calibrate(context.backend.doubles(marginal.value), logDensity: densities)
}

extension TrainingContext {
    /// What the energy is at the phase's start but for the gain of its head, which no feature depends on.
    func initializeUntrained(_ energy: ConditionalEnergy) {
        let dropout = key(.dropout, .initialization, step: 0)
        energy.initialize(with: fixedImages(data.heldOut(256)), dropout: dropout)
    }
}

/// log q of images, of what the phase measures the energy against; nil where that is nothing.
private func logDensities(_ images: Tensor, _ context: TrainingContext) -> [Double]? {
    switch context.phase.kind {
    case .supervised, .chains, .vae, .adversarial: nil
    case .gan: [Double](repeating: 0, count: images.shape.first)
    case .flowMLE, .energy, .joint: context.state.flow?.logDensities(images)
    }
}
