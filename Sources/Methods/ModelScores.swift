import EnergyModels
import Flows
import Gradients
import Networks
import Tensors
import Training

// What trained models say of images given as tensors, everything with dropout off; no data set is needed.

/// log q and d = log p − log q of examples, nats `[N]`.
public struct ModelDensities: Sendable {
    /// log q_α(x); empty without a trained flow.
    public var flow: [Double] = []
    /// log p(x) − log q_α(x); empty without an energy.
    public var difference: [Double] = []

    public init(flow: [Double] = [], difference: [Double] = []) {
        (self.flow, self.difference) = (flow, difference)
    }

    /// log p(x), unnormalised but for c̄.
    public var energy: [Double] { zip(flow, difference).map(+) }
}

extension TrainingState {
    /// p(y|x) `[N, K]`, row-major, of `[N, H, W, C]`.
    public func classProbabilities(_ images: Tensor, _ energy: ConditionalEnergy) -> [Float] {
        guard let store = evaluatedEnergyStore else { return [] }
        let pass = Pass.inference(store)
        let posterior = energy.logPosterior(energy.classParts(pass.constant(images), pass).logits, pass)
        return backend.doubles(backend.map(.exp, posterior.value)).map(Float.init)
    }

    /// Densities of `[N, H, W, C]`.
    /// - Throws: ``Interrupted`` as ``checkInterruption()`` does.
    public func densities(_ images: Tensor) throws -> ModelDensities {
        guard let flow, flowIsInitialized else { return ModelDensities() }
        try checkInterruption()
        let logDensity = flow.logDensities(images)
        var result = ModelDensities(flow: backend.doubles(logDensity))
        guard let energy, let store = evaluatedEnergyStore, energyIsInitialized else { return result }
        try checkInterruption()
        let pass = Pass.inference(store)
        let ratio = Base(energy: energy).logRatio(
            energy.marginal(pass.constant(images), pass), density: { pass.constant(logDensity) },
            initial: { pass.constant(base?.logDensities(images) ?? logDensity) })
        result.difference = backend.doubles(ratio.value)
        return result
    }

    /// Samples `[count, H, W, C]` of a generator, else of the flow at a temperature; nil without a trained one.
    ///
    /// - Parameters:
    ///   - count: N.
    ///   - seed: of the draw.
    ///   - temperature: a factor on the standard deviation of the flow's latent variables.
    ///   - progress: called with the number of samples drawn; what it throws ends the draw.
    /// - Throws: ``Interrupted`` as ``checkInterruption()`` does.
    public func samples(
        _ count: Int, seed: Int = 1, temperature: Double = 1, progress: (Int) throws -> Void = { _ in }
    ) throws -> Tensor? {
        let draw: (Int, RandomKey) -> Tensor
        if let sampler {
            draw = sampler
        } else if let flow, flowIsInitialized {
            draw = { count, key in
                flow.sample(count, key: key, temperature: temperature, Pass.inference(flow.store)).x.value
            }
        } else {
            return nil
        }
        guard count > 0 else { return nil }
        return backend.stacked(
            try passes(over: count).map { rows in
                try checkInterruption()
                let key = RandomKey(
                    seed: UInt64(seed), purpose: .sample, step: rows.lowerBound, lane: 1 << 20)
                let part = draw(rows.count, key)
                try progress(rows.upperBound)
                return part
            })
    }
}
