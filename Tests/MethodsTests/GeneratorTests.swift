import EnergyModels
import Gradients
import Methods
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("GAN with feature matching") struct GeneratorTests {
    private let backend = ReferenceBackend()
    private let training = Pass.Mode.train(dropout: RandomKey(seed: 1, purpose: .dropout))

    /// The generator of the golden file.
    private func goldenGenerator(_ golden: Golden) -> Generator {
        let generator = Generator(
            GeneratorConfiguration(height: 16, width: 8, channels: 3, latent: 6, factor: 1 / 64),
            backend: backend, seed: 1)
        #expect(Set(generator.store.names).isSubset(of: golden.names))
        golden.load(into: generator.store)
        return generator
    }

    @Test("Images and gradients are PyTorch's, normalised by the batch and by running averages")
    func forward() throws {
        let golden = try Golden("gan")
        let generator = goldenGenerator(golden)
        let tape = Tape(backend)
        let pass = Pass(generator.store, on: tape, mode: training, trainable: true).keepingStatistics()
        let z = golden.tensor("z", on: backend)
        let images = generator(tape.constant(z), pass)
        #expect(images.shape == golden.shape("images"))
        expectClose(backend.doubles(images.value), golden.values("images"), relative: 1e-9, "images")
        let evaluating = Pass.inference(generator.store)
        expectClose(
            backend.doubles(generator(evaluating.constant(z), evaluating).value),
            golden.values("images.evaluated"), relative: 1e-9, "evaluated")
        tape.backward(from: images, gradient: golden.tensor("weights", on: backend))
        for name in generator.store.names where golden.names.contains("gradient.images.\(name)") {
            let gradient = try #require(pass.parameter(name).gradient)
            // Gradients of more than 100 elements are stored as float32.
            expectClose(
                backend.doubles(gradient), golden.values("gradient.images.\(name)"), relative: 2e-7, name)
        }
    }

    @Test("The feature distance and its gradients are PyTorch's")
    func featureMatching() throws {
        let golden = try Golden("gan")
        let tape = Tape(backend)
        let data = tape.variable(golden.tensor("features.data", on: backend))
        let samples = tape.variable(golden.tensor("features.samples", on: backend))
        let loss = featureMatchingLoss(data: data, samples: samples)
        expectClose(backend.doubles(loss.value), golden.values("feature_matching"), relative: 1e-12)
        tape.backward(from: loss)
        for (variable, name) in [(data, "data"), (samples, "samples")] {
            expectClose(
                backend.doubles(try #require(variable.gradient)),
                golden.values("gradient.feature_matching.features.\(name)"), relative: 1e-12, name)
        }
    }

    @Test("The discriminator's loss is cross-entropy − V/2 with log q = 0, as in PyTorch")
    func discriminator() throws {
        let golden = try Golden("gan")
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.classes) = (.mlp, 4)
        let energy = ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 1)
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: false)
        let (data, samples) = (
            tape.variable(golden.tensor("f.data", on: backend)),
            tape.variable(golden.tensor("f.samples", on: backend))
        )
        // Without the prior 1/K, which the classes' biases take up in training.
        func l(_ logits: Variable) -> Variable { energy.logMarginal(logits, pass) + Double.log(4) }
        let labels = tape.constant(backend.oneHot(golden.integers("labels"), classes: 4))
        let loss =
            crossEntropy(energy.logPosterior(data, pass), oneHot: labels) - 0.5
            * contrastValue(data: l(data), samples: l(samples))
        expectClose(backend.doubles(loss.value), golden.values("discriminator"), relative: 1e-12)
        tape.backward(from: loss)
        for (variable, name) in [(data, "data"), (samples, "samples")] {
            expectClose(
                backend.doubles(try #require(variable.gradient)),
                golden.values("gradient.discriminator.f.\(name)"), relative: 1e-12, name)
        }
    }

    @Test("Images have the data's extents whatever the width", arguments: [(32, 32, 3), (8, 16, 1)])
    func shapes(height: Int, width: Int, channels: Int) {
        let generator = Generator(
            GeneratorConfiguration(
                height: height, width: width, channels: channels, latent: 3, factor: 0.001),
            backend: backend, seed: 1)
        let pass = Pass.inference(generator.store)
        let z = generator.latents(2, key: RandomKey(seed: 1, purpose: .sample))
        #expect(generator(pass.constant(z), pass).shape == [2, height, width, channels])
    }

    @Test("Initialised images have mean 0 and a deviation of 0.1 per channel, before tanh")
    func initialization() {
        let generator = Generator(
            GeneratorConfiguration(height: 16, width: 16, channels: 3, latent: 10, factor: 1 / 64),
            backend: backend, seed: 1)
        let key = RandomKey(seed: 4, purpose: .sample)
        generator.initialize(count: 32, key: key)
        let pass = Pass(generator.store, on: Tape(backend), mode: training, trainable: false)
        let images = generator(pass.constant(generator.latents(32, key: key)), pass).value
        let results = backend.doubles(images).map { Double.atanh(2 * $0) }
        let (mean, variance) = backend.moments(backend.tensor(results, images.shape, .float64))
        expectClose(backend.doubles(mean), [0, 0, 0], absolute: 1e-9)
        expectClose(backend.doubles(variance), [0.01, 0.01, 0.01], relative: 1e-6)
    }

    @Test("Running averages follow a pass that moves them")
    func runningAverages() {
        let generator = Generator(
            GeneratorConfiguration(height: 8, width: 8, channels: 1, latent: 3, factor: 1 / 128),
            backend: backend, seed: 1)
        let before = backend.doubles(generator.store.values)
        let pass = Pass(generator.store, on: Tape(backend), mode: training, trainable: false)
        let z = pass.constant(generator.latents(4, key: RandomKey(seed: 1, purpose: .sample)))
        _ = generator(z, pass.keepingStatistics())
        #expect(backend.doubles(generator.store.values) == before)
        _ = generator(z, pass)
        for name in ["dense", "deconv1", "deconv2"] {
            #expect(backend.doubles(generator.store["\(name).norm.mean"]).allSatisfy { $0 != 0 }, "\(name)")
        }
    }
}
