import Datasets
import Tensors
import TestSupport
import Testing

@testable import Experiments

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

/// Keeps what every update measured.
private final class Recorder: TrainingObserver {
    var rows: [Measures] = []
    var isInterrupted: Bool { false }
    func updated(_ state: TrainingState, _ measures: Measures) { rows.append(measures) }
    func checkpoint(_ state: TrainingState) {}
    func tested(_ state: TrainingState, _ measures: Measures) {}
    func finished(_ state: TrainingState) {}

    /// The mean of a measure over some updates.
    func mean(_ key: String, _ rows: Range<Int>) -> Double {
        Experiments.mean(self.rows[rows].map { $0[key] ?? .nan })
    }
}

@Suite("GAN phase") struct GANTests {
    private func train(_ overrides: String..., file: String = "gan.toml") throws -> (TrainingState, Recorder) {
        let recipe = try Recipe.parse(recipe, file: file, overrides: overrides)
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try CPUBackend(threads: 2, precision: .float32))
        let recorder = Recorder()
        try Trainer(recipe, data, state, flowCache: nil, observer: recorder).run()
        return (state, recorder)
    }

    @Test("The discriminator learns the labels and, at first a coin, tells images from samples")
    func discriminatorLearns() throws {
        let (state, log) = try train("phase.1.generator-optimizer.rate=1e-9")
        print(log.mean("labelLoss", 0..<5), log.mean("labelLoss", 55..<60), log.mean("value", 0..<1), log.mean("value", 55..<60), log.mean("dData", 0..<1), log.mean("featureDistance", 0..<5), log.mean("featureDistance", 55..<60))
        #expect(log.mean("labelLoss", 55..<60) < log.mean("labelLoss", 0..<5) / 2)
        for row in log.rows { expectClose([row["valueData"]! + row["valueSamples"]!], [row["value"]!], relative: 1e-9) }
        #expect(state.energyUpdates == 0 && state.phase == 1)
    }

    @Test("The generator matches the features of a discriminator that stands still")
    func generatorMatches() throws {
        let (_, log) = try train("phase.1.optimizer.rate=1e-9")
        print(log.mean("featureDistance", 0..<5), log.mean("featureDistance", 55..<60))
        #expect(log.mean("featureDistance", 55..<60) < log.mean("featureDistance", 0..<5) / 3)
    }
    @Test("both")
    func both() throws {
        let (_, log) = try train()
        print(log.rows.map { $0["featureDistance"]! })
        print(log.rows.map { $0["accuracyGate"]! })
    }
}
