import FlowContrast

/// Flow contrastive estimation written out, with an energy and a flow that the library does not know: the energy ascends and
/// the flow descends V = E_data[log σ(d)] + E_samples[log(1 − σ(d))] with d = log p − log q. Gao et al., CVPR 2020, eq. 12.
public final class HandmadeContrast {
    public let energy: ConditionalEnergy
    public let flow: any Flow
    private let energyOptimizer: Optimizer
    private let flowOptimizer: Optimizer

    public init(energy: ConditionalEnergy, flow: any Flow) {
        self.energy = energy
        self.flow = flow
        energyOptimizer = Optimizer(.adam, for: energy.store)
        flowOptimizer = Optimizer(.adam, for: flow.store)
    }

    /// log p(x) − log q(x) of `[N, H, W, C]`, float64 `[N]`.
    private func contrast(_ x: Variable, _ energyPass: Pass, _ flowPass: Pass) -> Variable {
        let logP = energy.logMarginal(energy.logits(x, energyPass), energyPass) - energy.normalizer
        return logP - flow.logDensity(x, flowPass)
    }

    private func value(_ data: Tensor, _ key: RandomKey, _ energyPass: Pass, _ flowPass: Pass) -> Variable {
        let samples = flow.sample(data.shape.first, key: key, temperature: 1, flowPass).x
        return contrastValue(
            data: contrast(flowPass.constant(data), energyPass, flowPass),
            samples: contrast(samples, energyPass, flowPass))
    }

    private func passes(trainsEnergy: Bool) -> (energy: Pass, flow: Pass) {
        let tape = Tape(energy.store.backend)
        return (
            Pass(energy.store, on: tape, mode: .evaluate, trainable: trainsEnergy),
            Pass(flow.store, on: tape, mode: .evaluate, trainable: !trainsEnergy)
        )
    }

    /// One update of each model by `data` `[N, H, W, C]`; V before the energy's, nats.
    public func update(_ data: Tensor, step: Int, rate: Double) -> Double {
        let key = { RandomKey(seed: 1, purpose: .sample, step: step, lane: $0) }
        var pass = passes(trainsEnergy: true)
        let gain = value(data, key(0), pass.energy, pass.flow)
        pass.energy.tape.backward(from: -gain)
        energyOptimizer.update(pass.energy.gradient(), rate: rate)

        pass = passes(trainsEnergy: false)
        pass.flow.tape.backward(from: value(data, key(1), pass.energy, pass.flow))
        flowOptimizer.update(pass.flow.gradient(), rate: rate)
        return energy.store.backend.scalar(gain.value)
    }

    /// Mean log p of data, nats.
    public func meanLogDensity(_ data: Tensor) -> Double {
        let pass = Pass.inference(energy.store)
        let logits = energy.logits(pass.constant(data), pass)
        return pass.backend.scalar((energy.logMarginal(logits, pass) - energy.normalizer).mean().value)
    }
}
