import Baselines
import EnergyModels
import Flows
import Gradients
import Networks
import Tensors

// What trained models say of images given as tensors, everything with dropout off; no data set is needed.

/// log q and d = log p − log q of examples, nats `[N]`.
public struct ModelDensities: Sendable {
    /// log q_α(x); empty without a trained flow.
    public var flow: [Double] = []
    /// log p(x) − log q_α(x); empty without an energy.
    public var difference: [Double] = []

    /// log p(x), unnormalised but for c̄.
    public var energy: [Double] { zip(flow, difference).map(+) }
}

extension TrainingState {
    /// p(y|x) `[N, K]`, row-major, of `[N, H, W, C]`.
    func classProbabilities(_ images: Tensor, _ energy: ConditionalEnergy) -> [Float] {
        guard let store = evaluatedEnergyStore else { return [] }
        let pass = Pass.inference(store)
        let posterior = energy.logPosterior(energy.logits(pass.constant(images), pass), pass)
        return backend.doubles(backend.map(.exp, posterior.value)).map(Float.init)
    }

    /// Densities of `[N, H, W, C]`.
    func densities(_ images: Tensor) -> ModelDensities {
        guard let flow, flowIsInitialized else { return ModelDensities() }
        var result = ModelDensities(flow: flow.logDensities(images))
        guard let energy, let store = evaluatedEnergyStore, energyIsInitialized else { return result }
        let pass = Pass.inference(store)
        let marginal = backend.doubles(
            energy.logMarginal(energy.logits(pass.constant(images), pass), pass).value)
        switch energy.configuration.base {
        case .none: result.difference = zip(marginal, result.flow).map { $0 - energy.normalizer - $1 }
        case .flow:
            let base = base?.logDensities(images) ?? result.flow
            result.difference = zip(marginal, zip(base, result.flow)).map { $0 + $1.0 - $1.1 }
        case .moving: result.difference = marginal
        }
        return result
    }

    /// Samples `[count, H, W, C]` of a generator, else of the flow at a temperature; nil without a trained one.
    public func samples(_ count: Int, seed: Int = 1, temperature: Double = 1) -> Tensor? {
        let draw: (Int, RandomKey) -> Tensor
        if let generator, generatorIsInitialized {
            draw = { [autoencoder, backend] count, key in
                let pass = Pass.inference(generator.store)
                let z =
                    autoencoder.map { backend.normal([count, $0.latent], key: key) }
                    ?? generator.latents(count, key: key)
                return generator(pass.constant(z), pass).value
            }
        } else if let flow, flowIsInitialized {
            draw = { count, key in
                flow.sample(count, key: key, temperature: temperature, Pass.inference(flow.store)).x.value
            }
        } else {
            return nil
        }
        guard count > 0 else { return nil }
        return backend.stacked(
            passes(over: count).map { rows in
                draw(
                    rows.count,
                    RandomKey(seed: UInt64(seed), purpose: .sample, step: rows.lowerBound, lane: 1 << 20))
            })
    }
}
