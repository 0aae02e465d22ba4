import Baselines
import EnergyModels
import Gradients
import Networks
import Tensors

/// The GAN with feature matching; Salimans et al., *Improved Techniques for Training GANs*, 2016.
///
/// The energy is the discriminator: D = S/(1 + S) with S = Σ_k exp(l_k), the K logits' sum. With l = log S its loss is
/// −E[log p(y|x)] + ½·E_data[softplus(−l)] + ½·E_z[softplus(l)], that is FCE's −V, weighted ½, with log q = 0: p is
/// measured against a constant. ρ_k = 1/K and c̄ in l are biases of the logits; c̄ is set such that l starts at 0.
/// Each update of it is followed by one of the generator, on images of its own, by ``featureMatchingLoss(data:samples:)``.
final class GANPhase: PhaseTraining {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let energyUpdate: EnergyUpdate
    private let generatorUpdate: GeneratorUpdate
    private let schedule: Schedule

    init(_ context: TrainingContext, energy: ConditionalEnergy, generator: Generator) {
        self.context = context
        self.energy = energy
        energyUpdate = EnergyUpdate(context, energy: energy)
        generatorUpdate = GeneratorUpdate(
            context, energy: energy, generator: generator, comparesWithData: true)
        schedule = context.phase.optimizer.schedule(steps: context.phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        startEnergy(energy, context)
        generatorUpdate.start()
    }

    func update() -> Measures {
        updateDiscriminator().merging(updateGenerator()) { $1 }
    }

    private func updateDiscriminator() -> Measures {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let samples = generatorUpdate.samples(step: state.step)
        let measures = energyUpdate(
            samples: (samples, Self.zeros(samples)), pace: schedule(state.step), optimizer: optimizer,
            logDensity: Self.zeros)
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return measures
    }

    private func updateGenerator() -> Measures {
        var distance = 0.0
        let measures = generatorUpdate { players in
            guard let data = players.data else { preconditionFailure("features are matched with data's") }
            let loss = featureMatchingLoss(
                data: energy.features(data, players.opponent),
                samples: energy.features(players.samples, players.opponent))
            distance = context.backend.scalar(loss.value)
            return loss
        }
        return measures.merging(["featureDistance": distance]) { $1 }
    }

    /// log q of images under the constant that a GAN's discriminator is measured against.
    private static func zeros(_ images: Tensor) -> [Double] {
        [Double](repeating: 0, count: images.shape.first)
    }
}
