import Datasets
import EnergyModels
import Networks
import System
import Tensors
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// A GAN of tiny networks on generated images of four classes.
private let recipe = """
    method = "gan-feature-matching"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    labels = 16
    train = 96
    test = 16
    validation = 16
    [energy]
    base = "none"
    head = "plain"
    classes = 4
    width = 0.125
    dropout = [0.0, 0.0, 0.0]
    [generator]
    width = 0.03125
    latent = 16
    [[phase]]
    kind = "gan"
    steps = 60
    batch = 32
    labelled-batch = 16
    optimizer = { kind = "adam", rate = 3e-3, beta1 = 0.5 }
    generator-optimizer = { kind = "adam", rate = 3e-3, beta1 = 0.5 }

    """

@Suite("GAN phase") struct GANTests {
    private func train(_ overrides: String...) throws -> (TrainingState, Recorder) {
        let recipe = try Recipe.parse(recipe, file: "gan.toml", overrides: overrides)
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try Device.cpu.open(threads: 2, precision: .float32))
        let recorder = Recorder()
        try Trainer(recipe, data, state, observer: recorder).run()
        return (state, recorder)
    }

    @Test("The discriminator learns the labels and to tell images from samples that do not follow")
    func discriminatorLearns() throws {
        let (state, log) = try train("phase.1.generator-optimizer.rate=1e-9")
        #expect(log.mean("labelLoss", 55..<60) < log.mean("labelLoss", 0..<5) / 10)
        #expect(log.mean("value", 55..<60) > log.mean("value", 0..<5) / 10)
        #expect(log.mean("accuracyGate", 55..<60) > 0.95)
        for row in log.rows {
            expectClose([row["valueData"]! + row["valueSamples"]!], [row["value"]!], relative: 1e-9)
        }
        #expect(state.sampler != nil && state.flow == nil)

        let recipe = try Recipe.parse(recipe, file: "gan.toml")
        let restored = TrainingState(recipe, extents: state.extents, backend: state.backend)
        #expect(restored.sampler == nil)
        try restored.restoreWeights(state.weightsFile, of: recipe, at: "weights")
        #expect(restored.sampler != nil)
    }

    @Test("The generator comes to match the features of a discriminator that stands still")
    func generatorMatches() throws {
        let (_, log) = try train("phase.1.optimizer.rate=1e-9")
        // Two batches of 32 images are about half the first distance apart.
        #expect(log.mean("featureDistance", 55..<60) < 0.6 * log.mean("featureDistance", 0..<5))
    }

    @Test("The discriminator starts undecided: the mean of l over images is near 0")
    func start() throws {
        let (state, log) = try train("phase.1.steps=1")
        #expect(abs(log.mean("dData", 0..<1)) < 0.5)
        #expect(state.energy?.normalizer != 0)
    }

    @Test(
        "A loss that is not finite stops the run",
        arguments: ["phase.1.optimizer.rate=1e30", "phase.1.generator-optimizer.rate=1e30"])
    func divergence(_ override: String) throws {
        let error = #expect(throws: UserError.self) { try train(override) }
        #expect(error?.kind == .diverged)
        #expect(error?.place?.hasPrefix("phase 1 (gan), step ") == true)
    }

    @Test(
        "Recipes of a GAN that contradict themselves are errors with a place",
        arguments: [
            ("classes = 4", "classes = 1", "gan.toml:7"),
            ("labels = 16", "labels = 0", "gan.toml:7"),
            ("base = \"none\"", "base = \"flow\"", "gan.toml:12"),
            ("head = \"plain\"", "head = \"gain\"", "gan.toml:13"),
            ("size = 16", "size = 20", "gan.toml:5"),
            ("batch = 32", "pool = 32", "gan.toml:23"),
            ("latent = 16", "latent = 0", "gan.toml:19"),
            ("[[phase]]", "[[phase]]\nkind = \"flow-mle\"\nsteps = 1\n[[phase]]", "gan.toml:24"),
        ])
    func contradictions(old: String, new: String, place: String) {
        #expect(recipe.contains(old))
        let text = recipe.replacing(old, with: new, maxReplacements: 1)
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(text, file: "gan.toml", overrides: ["flow.levels=2"])
        }
        #expect(error?.kind == .recipe)
        #expect(error?.place == place)
    }

    @Test("Defaults are improved-gan's")
    func defaults() {
        let phase = GANPhase.Settings()
        for optimizer in [phase.optimizer, phase.generatorOptimizer] {
            #expect(optimizer.kind == .adam && optimizer.rate == 3e-4 && optimizer.beta1 == 0.5)
        }
        #expect(phase.valueWeight == 0.5 && Recipe().generator.latent == 100)
    }

    @Test("A generator without a gan phase is an error")
    func generatorAlone() {
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(smallRecipe + "[generator]\nlatent = 10", file: "small.toml")
        }
        #expect(error?.place == "small.toml:26")
    }
}
