import Datasets
import EnergyModels
import Flows
import Glibc
import Gradients
import Networks
import Scores
import Tensors
import Training

extension VAEPhase {
    /// Draws of z an image.
    private static let draws = 16

    public static func heldOutMeasures(_ settings: Settings, _ context: TrainingContext) throws -> Measures? {
        let indices = context.data.heldOut(TrainingContext.initializationCount)
        return try boundBitsPerDimension(context, of: context.data.train, indices).map {
            [.bpdBoundValidation: $0]
        }
    }

    /// An upper bound on the bits/dim of a variational autoencoder: −E[log mean_k p(x, z_k)/q(z_k|x)] over 16 draws z_k of
    /// q(z|x), in expectation not below −log p(x) and not above −ELBO; Burda, Grosse & Salakhutdinov, *Importance Weighted
    /// Autoencoders*, ICLR 2016, eq. 8. Images as for the flow's densities: dequantised.
    ///
    /// - Returns: nil without a trained model.
    public static func boundBitsPerDimension(
        _ context: TrainingContext, of set: any ExampleSet, _ indices: [Int]
    ) throws -> Double? {
        let state = context.state
        guard let encoder = state.energy, let store = state.evaluatedEnergyStore,
            let decoder = state.generator, state.sampler != nil, !indices.isEmpty,
            let autoencoder: VariationalAutoencoder = state.companion("vae")
        else { return nil }
        var total = 0.0
        for rows in passes(over: indices.count) {
            let images = context.testImages(of: set, rows.map { indices[$0] }, .uniform)
            let tape = Tape(state.backend)
            let passes = [store, autoencoder.store, decoder.store].map {
                Pass($0, on: tape, mode: .evaluate, trainable: false)
            }
            let posterior = autoencoder.posterior(
                encoder.features(tape.constant(images), passes[0]), passes[1])
            let weights = try (0..<draws).map { draw in
                try state.checkInterruption()
                let key = RandomKey(
                    seed: UInt64(context.recipe.flow.seed), purpose: .evaluation, step: rows.lowerBound,
                    lane: 16 + draw)
                let noise = state.backend.normal([rows.count, autoencoder.latent], key: key)
                let z = posterior.draw(tape.constant(noise))
                let likelihood = autoencoder.logLikelihood(
                    of: images, decoded: decoder(z, passes[2]), passes[1])
                return state.backend.doubles((likelihood + posterior.logWeight(of: z, passes[1])).value)
            }
            total += (0..<rows.count).reduce(0) { sum, image in
                sum + logMeanExp(weights.map { $0[image] })
            }
        }
        return Flows.bitsPerDimension(total / Double(indices.count), dimensions: context.data.dimensions)
    }
}

/// log of the mean of e^x, without overflow.
private func logMeanExp(_ values: [Double]) -> Double {
    let largest = values.max() ?? 0
    guard largest.isFinite else { return largest }
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
}
