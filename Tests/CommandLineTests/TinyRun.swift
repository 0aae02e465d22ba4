import Evaluation
import Foundation
import Runs
import Scores
import System
import Testing

/// A whole recipe of a few milliseconds a step: every kind of phase of the full method.
let tinyRecipe = """
    # Tiny.
    method = "fce-vat"
    name = "tiny"

    [data]
    source = "synthetic"
    labels = 8
    size = 32
    train = 64
    test = 36
    validation = 8

    [flow]
    levels = 1
    blocks = 1
    width = 8

    [energy]
    base = "none"
    classes = 4
    width = 0.0625

    [vat]
    weight = 1.0

    [average]
    decay = 0.9

    [log]
    every = 1

    [checkpoint]
    every = 1

    [evaluate]
    every = 3

    [[phase]]
    kind = "flow-mle"
    steps = 8
    batch = 8
    optimizer = { kind = "adamax", rate = 1e-3, warmup = 2 }

    [[phase]]
    kind = "energy"
    steps = 8
    batch = 8
    labelled-batch = 8
    pool = 16
    draws = 1

    [[phase]]
    kind = "joint"
    steps = 5
    batch = 8
    labelled-batch = 8
    guard = 1000
    flow-optimizer = { kind = "adamax", rate = 1e-4 }
    gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }

    """

/// The same for a GAN: a classifier against a generator.
let tinyGAN =
    tinyRecipe.components(separatedBy: "\n[[phase]]")[0]
    .replacing("\"fce-vat\"", with: "\"gan-feature-matching\"")
    .replacing("base = \"none\"", with: "base = \"none\"\nhead = \"plain\"")
    .replacing("weight = 1.0", with: "weight = 0.0") + """

        [generator]
        width = 0.03125
        latent = 10

        [[phase]]
        kind = "gan"
        steps = 12
        batch = 8
        labelled-batch = 8

        """

/// The same for a critic without labels: spectral norm and RMSProp, which keep state of their own, and several updates of
/// the critic for one of the generator.
let tinyCritic =
    tinyGAN.components(separatedBy: "\n[[phase]]")[0]
    .replacing("\"gan-feature-matching\"", with: "\"sn-gan\"")
    .replacing("labels = 8", with: "labels = 0")
    .replacing(
        "classes = 4", with: "classes = 1\nnetwork = \"four-layer\"\nnormalization = \"spectral\""
    ) + """

        [[phase]]
        kind = "adversarial"
        loss = "hinge"
        steps = 12
        batch = 8
        critic-steps = 2
        generator-optimizer = { kind = "rmsprop", rate = 1e-4, beta2 = 0.9 }

        """

/// A run of the tiny recipe that nothing interrupted, trained once for all tests and removed at the end.
enum TinyRun {
    /// Holds `tiny.toml` and `Runs`.
    static let folder = NSTemporaryDirectory() + "fce-tests-shared-\(getpid())"
    static var path: String { "\(folder)/Runs/tiny/seed-1" }

    /// The first training of it; throws in every test when that failed.
    static func output() throws -> Tool.Output { try trained.get() }

    private struct Failure: Error { let reason: String }

    private static let trained = Result<Tool.Output, any Error> {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: TinyRun.folder) }
        try write(tinyRecipe, to: "\(folder)/tiny.toml")
        let output = try Tool.run("train", "tiny.toml", "--threads", "2", in: folder)
        // Not #require: its failure is reported once, and every other test would pass.
        guard output.status == 0 else { throw Failure(reason: output.err) }
        return output
    }
}

/// What two runs must share to the last bit; times are set to 0.
struct RunNumbers: Equatable {
    let weights: [String: [String: SafetensorsEntry]]
    let metrics: [MetricsRow]
    var result: RunResult
    var evaluation: RunEvaluation
    /// Nil for runs that classify nothing.
    let predictions: Data?
    let samples: [String: Data]

    init(_ path: String) throws {
        let files = RunFiles(path: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: files.checkpoints)
        weights = try names.filter { $0.hasPrefix("weights-") }.reduce(into: [:]) {
            $0[$1] = try SafetensorsFile(path: "\(files.checkpoints)/\($1)").tensors
        }
        metrics = try files.metrics().rows.map {
            var row = $0
            row.time = 0
            return row
        }
        result = try files.result()
        (result.seconds, result.phaseSeconds) = (0, [:])
        for index in result.phases.indices { result.phases[index].seconds = 0 }
        evaluation = try files.evaluation()
        for index in evaluation.phases.indices { evaluation.phases[index].seconds = 0 }
        predictions = FileManager.default.contents(atPath: files.predictions)
        samples = try FileManager.default.contentsOfDirectory(atPath: files.samples).reduce(into: [:]) {
            $0[$1] = try Data(contentsOf: URL(fileURLWithPath: "\(files.samples)/\($1)"))
        }
    }

    /// The parts in which two runs differ: readable where `==` would print megabytes.
    func differences(from other: RunNumbers) -> [String] {
        var names: [String] = []
        if weights.keys.sorted() != other.weights.keys.sorted() { names.append("weight files") }
        for (name, tensors) in weights where other.weights[name] != tensors { names.append(name) }
        if metrics != other.metrics { names.append("metrics") }
        if result != other.result { names.append("result") }
        if evaluation != other.evaluation { names.append("evaluation") }
        if predictions != other.predictions { names.append("predictions") }
        if samples != other.samples { names.append("samples") }
        return names
    }
}
