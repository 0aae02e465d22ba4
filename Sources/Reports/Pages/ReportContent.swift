import Datasets
import Evaluation
import Foundation
import Methods
import Runs
import System
import Training

/// Everything a report shows, gathered; what a run does not have (yet) is nil or empty.
public struct ReportContent: Sendable {
    public var header: RunHeader
    public var result: RunResult?
    public var metrics: MetricsLog?
    public var evaluation: RunEvaluation?
    public var predictions: Predictions?
    /// Probes of the recipe, then of `fce probe`.
    public var probes: [ProbeResult] = []
    /// Sample grids with their file names.
    public var pictures: [(name: String, jpeg: [UInt8])] = []
    public var plane: PlaneDensities?
    /// The densities on the way, in order.
    public var snapshots: [PlaneDensities] = []
    /// The resolved recipe.
    public var recipe: String?
    /// The accuracies at which turns change, by the phase's index.
    public var gates: [Int: [Double]] = [:]
    public var classNames: [String] = []
    /// The wrong predictions of the classes with most of them.
    public var mistakes: [ClassMistakes] = []

    public init(header: RunHeader) { self.header = header }

    /// Gathers a run's files, finished or not.
    ///
    /// - Parameters:
    ///   - run: the run directory.
    ///   - testImages: the run's test set, for class names and thumbnails; nil when it is not at hand.
    /// - Throws: `UserError` without `run.json`, and for a file that is there but damaged.
    public init(_ run: RunFiles, testImages: ImageDataset? = nil) throws {
        header = try run.header()
        result = try ifPresent { try run.result() }
        metrics = try ifPresent { try run.metrics() }
        evaluation = try ifPresent { try run.evaluation() }
        predictions = try ifPresent { try Predictions(path: run.predictions) }
        let found = try ifPresent { try run.probes() }?.results ?? []
        probes = (result?.probes ?? []) + found.filter { result?.probes?.contains($0) != true }
        recipe = try ifPresent { String(decoding: try Files.read(run.file("recipe.toml")), as: UTF8.self) }
        // A recipe of another version may not parse; its text is shown all the same, the thresholds are not.
        for (index, phase) in ((try? run.recipe())?.phases ?? []).enumerated() {
            guard let gate = phase.settings(as: JointPhase.Settings.self)?.gate else { continue }
            gates[index] = Set([gate.high, gate.low]).sorted()
        }
        plane = try ifPresent {
            let file = run.samples + "/densities.json"
            return try PlaneDensities(json: Data(try Files.read(file)), file: file)
        }
        let names = (try? Files.list(run.samples)) ?? []
        snapshots = try names.filter { $0.hasPrefix("densities-") && $0.hasSuffix(".json") }.map { name in
            let file = "\(run.samples)/\(name)"
            return try PlaneDensities(json: Data(try Files.read(file)), file: file)
        }.filter { $0.moment != nil }.sorted {
            ($0.moment?.phaseIndex ?? 0, $0.moment?.update ?? 0)
                < ($1.moment?.phaseIndex ?? 0, $1.moment?.update ?? 0)
        }
        pictures = try names.filter { $0.hasSuffix(".jpg") }.sorted().map { name in
            (String(name.dropLast(4)), try pagePicture(try Files.read(run.samples + "/" + name), file: name))
        }
        classNames = testImages?.classNames ?? header.classNames ?? []
        mistakes = try ClassMistakes.worst(predictions, listed: evaluation?.hardest ?? [], of: testImages)
    }
}

/// The value of `body`, or nil when the file it reads does not exist; other errors pass.
private func ifPresent<Value>(_ body: () throws -> Value) throws -> Value? {
    do {
        return try body()
    } catch let error as UserError where error.kind == .missing {
        return nil
    }
}

extension Predictions {
    /// Reads `probabilities` [N, K] and `labels` [N] of a run's `predictions.safetensors`.
    /// - Throws: `UserError(.missing)` without the file, `UserError(.data)` on other content.
    public init(path: String) throws {
        let file = try SafetensorsFile(path: path)
        guard let entry = file.tensors["probabilities"], let probabilities = entry.floats(),
            entry.shape.count == 2, let labels = file.tensors["labels"]?.integers()
        else {
            throw UserError(
                .data, "does not hold `probabilities` [images, classes] and integer `labels`", at: path,
                advice: "evaluate the run once more")
        }
        try self.init(probabilities: probabilities, labels: labels, classes: entry.shape[1], at: path)
    }
}
