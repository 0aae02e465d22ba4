import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import Tensors
import Training

/// How every phase that trains the energy begins: its optimiser, and, in the first such phase, the data-dependent
/// initialisation, q₀, and the averaged weights.
extension TrainingContext {
    /// - Parameters:
    ///   - energy: the model of the context.
    ///   - reference: log q of images, nats `[N]`, of what the energy is measured against; nil where that is nothing.
    public func startEnergy(_ energy: ConditionalEnergy, reference: (Tensor) -> [Double]? = { _ in nil }) {
        if !state.energyIsInitialized {
            initialize(energy, reference)
            state.energyIsInitialized = true
            if energy.configuration.base == .flow { state.base = state.flow?.duplicate() }
            state.average = recipe.average.parameters(of: energy.store)
        }
        let previous = state.energyOptimizer
        let optimizer = energy.optimizer(phase.optimizer)
        // One Adam for θ: a later phase goes on with the moments, so that its first steps are not those of a cold start.
        if let previous, previous.rule == optimizer.rule {
            optimizer.restore(step: previous.step, first: previous.first, second: previous.second)
        }
        state.energyOptimizer = optimizer
    }

    /// Weight norm from 256 held-out images; for base `none` the head's gain from the spread of log q over them, and c̄ such
    /// that d starts at 0 on average.
    private func initialize(_ energy: ConditionalEnergy, _ reference: (Tensor) -> [Double]?) {
        let images = fixedImages(data.heldOut(Self.initializationCount))
        let dropout = key(.dropout, .initialization, step: 0)
        guard energy.configuration.base == .none, let densities = reference(images)
        else { return energy.initialize(with: images, dropout: dropout) }
        let mean = densities.reduce(0, +) / Double(densities.count)
        let variance = densities.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(densities.count)
        energy.initialize(
            with: images, energyDeviation: variance.squareRoot(), flow: state.flow, dropout: dropout)
        calibrate(energy, images, densities)
    }

    /// Sets c̄ such that d is 0 on average over held-out images, in training mode: with dropout, as V will see them.
    ///
    /// - Parameters:
    ///   - energy: one of base `none`.
    ///   - logDensity: log q of images, nats `[N]`.
    package func calibrate(_ energy: ConditionalEnergy, logDensity: (Tensor) -> [Double]) {
        let images = fixedImages(data.heldOut(Self.initializationCount))
        calibrate(energy, images, logDensity(images))
    }

    private func calibrate(_ energy: ConditionalEnergy, _ images: Tensor, _ logDensity: [Double]) {
        let dropout = key(.dropout, .initialization, step: 0)
        let pass = Pass(energy.store, on: Tape(backend), mode: .train(dropout: dropout), trainable: false)
        let marginal = energy.marginal(pass.constant(images), pass).total
        energy.calibrate(backend.doubles(marginal.value), logDensity: logDensity)
    }

    /// What the energy is at the phase's start but for the gain of its head, which no feature depends on.
    package func initializeUntrained(_ energy: ConditionalEnergy) {
        let dropout = key(.dropout, .initialization, step: 0)
        energy.initialize(with: fixedImages(data.heldOut(Self.initializationCount)), dropout: dropout)
    }

    /// Initialises actnorm from unlabelled training images, unless somebody has.
    package func initializeFlow(_ flow: any Flow) {
        guard !state.flowIsInitialized else { return }
        flow.initialize(
            with: fixedImages(Array(data.split.unlabelled.prefix(Self.initializationCount))))
        state.flowIsInitialized = true
    }

    /// Images that data-dependent initialisation, calibration and the divergence guard look at.
    package static let initializationCount = 256

    /// Samples of the flow as it is now, for the state's update.
    package func freshSamples(_ flow: any Flow, _ count: Int) -> EnergyUpdate.Samples {
        let pass = Pass.inference(flow.store)
        let sample = flow.sample(count, key: key(.sample, .samples, step: state.step), pass)
        return (sample.x.value, sample.logDensity.value)
    }
}
