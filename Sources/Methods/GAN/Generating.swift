import Gradients
import Networks
import System
import Training

extension Recipe {
    /// - Parameters:
    ///   - extents: height, width and channels of one image.
    ///   - hasGain: whether batch normalisation has a γ.
    package func generatorConfiguration(_ extents: [Int], hasGain: Bool) -> GeneratorConfiguration {
        GeneratorConfiguration(
            height: extents[0], width: extents[1], channels: extents[2], latent: generator.latent,
            factor: generator.width, hasGain: hasGain)
    }
}

extension TrainingState {
    /// What draws images in a GAN.
    package var generator: Generator? { companion("generator") }

    /// Adds the generator of a GAN.
    package func addGenerator(_ recipe: Recipe, hasGain: Bool) {
        let generator = Generator(
            recipe.generatorConfiguration(extents, hasGain: hasGain), backend: backend,
            seed: UInt64(recipe.seed))
        add(
            Companion("generator", generator, generator.store) { count, key in
                let pass = Pass.inference(generator.store)
                return generator(pass.constant(generator.latents(count, key: key)), pass).value
            })
    }
}

extension TrainingContext {
    /// The generator that the phase trains.
    /// - Throws: `UserError(.recipe)` where there is none.
    package func generator() throws(UserError) -> Generator {
        guard let generator = state.generator else { throw lacking("a generator") }
        return generator
    }
}

extension PassCost {
    /// One pass of the generator for one image.
    package var generator: Double {
        Double(recipe.generatorConfiguration(extents, hasGain: false).multiplications)
    }

    /// The generator's update: forward for the other side's samples where `passes` counts them, forward for itself, and
    /// gradients through the energy's network of its samples, which may be compared with those of images.
    package func generatorUpdate(batch: Int, passes: Double, comparesWithData: Bool) -> Double {
        (passes * generator + 2 * energy) * Double(recipe.generatedBatch(batch))
            + (comparesWithData ? energy * Double(batch) : 0)
    }
}
