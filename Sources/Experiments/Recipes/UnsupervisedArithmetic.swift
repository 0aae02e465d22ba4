import Baselines
import EnergyModels
import Tensors

extension UpdateArithmetic {
    /// Chains, forward and input gradient at every step, and the energy on data and on their ends, at all grids.
    var chains: Double {
        let isMultigrid = phase.chains.start == .coarserGrid
        let sides = (isMultigrid ? phase.chains.grids : []) + [extents[0]]
        return sides.reduce(0) { sum, side in
            let pass = recipe.energyConfiguration.multiplications(shape: [side, side, extents[2]])
            let training = Double(3 * pass.total - pass.first)
            return sum + batch * (2 * training + 2 * Double(phase.chains.steps * pass.total))
        }
    }

    /// Encoder, its last layers, and decoder, with all gradients.
    var autoencoder: Double {
        let decoder = Double(recipe.generatorConfiguration(extents).multiplications)
        let features = recipe.energyConfiguration.featureCount(shape: Shape(extents))
        let posterior = Double(2 * recipe.generator.latent * features)
        return batch * (energyTraining + 3 * (posterior + decoder))
    }
}
