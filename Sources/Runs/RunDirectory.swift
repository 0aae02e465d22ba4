import Datasets
import Evaluation
import Foundation
import Recipes
import System
import Tensors
import Training

/// The folder of one run, held by the process that trains: recipe, split, metrics, checkpoints, results.
///
/// Every file but `metrics.jsonl` is replaced as a whole, so a run killed at any moment resumes from its last
/// full checkpoint. The folder stays locked while this object lives.
///
/// Of several ranks the first one writes; the others have no file of the folder, and throw what the first one throws.
public final class RunDirectory {
    public let files: RunFiles
    public let metrics: MetricsWriter
    /// The header of the run's start, also after a resume.
    public let header: RunHeader
    /// What a user should know about resuming.
    public internal(set) var notices: [String] = []
    package let recipe: Recipe
    private let lock: RunLock?
    private let world: World
    /// Newest full checkpoints that are kept.
    private static let kept = 2

    /// Creates the run directory at `path`, or opens it to resume.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - recipe: what is trained.
    ///   - header: written to `run.json` when the run is new.
    ///   - split: which images are labelled and held out.
    ///   - resume: continue what is there; with nothing there the run starts from its beginning.
    ///   - world: the ranks that train.
    /// - Throws: `UserError(.busy)` while another process trains there; `UserError(.recipe)` when there is a run
    ///   already and `resume` is false, or when recipe, data or split differ from the run's;
    ///   `UserError(.output)` when nothing can be written.
    public convenience init(
        at path: String, recipe: Recipe, header: RunHeader, split: Split, resume: Bool, world: World = .alone
    ) throws {
        self.init(
            path, recipe, world,
            try world.together {
                guard world.isFirst else { return (header, MetricsWriter(), nil) }
                return try Self.open(RunFiles(path: path), recipe, header, split, resume: resume)
            })
    }

    private init(
        _ path: String, _ recipe: Recipe, _ world: World,
        _ opened: (header: RunHeader, metrics: MetricsWriter, lock: RunLock?)
    ) {
        files = RunFiles(path: path)
        (self.recipe, self.world) = (recipe, world)
        (header, metrics, lock) = opened
    }

    private static func open(
        _ files: RunFiles, _ recipe: Recipe, _ header: RunHeader, _ split: Split, resume: Bool
    ) throws -> (header: RunHeader, metrics: MetricsWriter, lock: RunLock?) {
        var header = header
        try Self.checkForeign(files)
        for folder in [files.path, files.checkpoints, files.samples] {
            try Files.makeFolder(folder, advice: "choose another --out")
        }
        let lock = try RunLock(path: files.file("lock"))
        files.removeTemporaries()
        if files.exists("run.json") {
            guard resume else {
                throw UserError(
                    .recipe, "there is a run in this folder already", at: files.path,
                    advice: "continue it with --resume or choose another --out")
            }
            try Self.checkSame(files, recipe: recipe, header: header, split: split)
            header = try files.header()
        } else {
            try AtomicFile.write(recipe.canonical, to: files.file("recipe.toml"))
            try files.write(split, to: "split.json", isPretty: false)
            // Last: a folder without it is not a run yet.
            try files.write(header, to: "run.json")
        }
        return (header, try MetricsWriter(path: files.file("metrics.jsonl")), lock)
    }

    /// Refuses a folder with files that are not a run's.
    private static func checkForeign(_ files: RunFiles) throws {
        let own = ["recipe.toml", "split.json", "lock", "checkpoints", "samples", "train.log"]
        let names = (try? Files.list(files.path)) ?? []
        guard !names.contains("run.json") else { return }
        let foreign = names.first { !own.contains($0) && !$0.hasPrefix(AtomicFile.temporaryPrefix) }
        if let foreign {
            throw UserError(
                .recipe, "the folder holds \(foreign), which is not of a run", at: files.path,
                advice: "choose another --out")
        }
    }

    /// Throws `UserError(.recipe)` that says what differs from the run in the folder.
    private static func checkSame(
        _ files: RunFiles, recipe: Recipe, header: RunHeader, split: Split
    ) throws {
        func refuse(_ what: String, advice: String? = nil) -> UserError {
            UserError(
                .recipe, "cannot resume: \(what)", at: files.path,
                advice: advice ?? "repeat the first command with --resume, or choose another --out")
        }
        let stored = try files.header()
        guard stored.recipeHash == recipe.hash else {
            let old = try files.recipe()
            let keys = old.differences(from: recipe).prefix(5).map { "`\($0)`" }
            let what = keys.isEmpty ? "" : ": " + keys.joined(separator: ", ")
            throw refuse(
                "the recipe differs\(what)",
                advice: files.continuation(of: old, by: recipe).map { phases in
                    "repeat the first command with --resume, or begin the changed recipe after phase \(phases) "
                        + "with --from \(shellQuoted([files.path])) and another --out, without --resume"
                })
        }
        if let difference = stored.data.difference(from: header.data) { throw refuse(difference) }
        guard try files.split() == split else { throw refuse("the split differs") }
        try expectPrecision(stored, of: header.machine.precision, at: files.path)
    }

    /// A model must go on in the precision it was trained in: log q in another differs by nats.
    /// - Throws: `UserError(.recipe)`.
    package static func expectPrecision(_ stored: RunHeader, of precision: String, at path: String) throws {
        let trained = stored.machine.precision
        guard trained != precision else { return }
        throw UserError(
            .recipe, "the run was trained in \(trained), and this machine computes in \(precision)",
            at: path,
            advice: trained == Precision.float32.rawValue
                ? "give --precision \(trained)" : "continue it where it began, or train anew")
    }
}

// MARK: - Checkpoints

extension RunDirectory {
    /// Writes a full checkpoint and removes all but the last two and the one that the last phase began with, from
    /// which a recipe that changes this phase can go on.
    ///
    /// `file` holds the trainer's tensors and metadata; position, recipe, data and the length of the metrics are
    /// added. Throws `UserError(.output)`, and `UserError(.diverged)` for a state that is not finite, from which nothing can
    /// go on; the older checkpoints then stay.
    public func saveState(_ file: @autoclosure () -> SafetensorsFile, at position: RunPosition) throws {
        try world.onFirst { try writeState(file(), at: position) }
    }

    private func writeState(_ file: SafetensorsFile, at position: RunPosition) throws {
        if let name = file.nonFiniteTensor {
            throw UserError(
                .diverged, "\(name) is not finite",
                at: "phase \(position.phaseIndex + 1) (\(position.phase)), step \(position.step)",
                advice: "lower the phase's rate or set its optimizer.clip")
        }
        var file = file
        let offset = try metrics.sync()
        file.metadata.merge(provenance(position)) { $1 }
        file.metadata["kind"] = "state"
        file.metadata["metricsOffset"] = String(offset)
        let name = StateName(phaseIndex: position.phaseIndex, step: position.step)
        try file.write(to: "\(files.checkpoints)/\(name.name)")
        let states = files.states
        let start = states.last { $0.step == 0 && $0.phaseIndex < recipe.phases.count }
        for old in states.dropLast(Self.kept) where old != start {
            Files.remove("\(files.checkpoints)/\(old.name)")
        }
    }

    /// Writes the weights at a phase's end to `weights-PHASEINDEX-NAME.safetensors`; NAME is the phase's kind.
    public func saveWeights(_ file: @autoclosure () -> SafetensorsFile, at position: RunPosition) throws {
        try world.onFirst {
            var file = file()
            file.metadata.merge(provenance(position)) { $1 }
            file.metadata["kind"] = "weights"
            try file.write(to: files.weights(phaseIndex: position.phaseIndex, name: position.phase))
        }
    }

    /// Reads the newest full checkpoint that is whole, and cuts the metrics to it. Nil, with the metrics empty,
    /// for a run that has none: it starts from its beginning. What made a `result.json` that is gone is repeated, and
    /// weights that are gone are made again.
    ///
    /// A damaged checkpoint is set aside under the name `….damaged`, which a notice says. Throws
    /// `UserError(.data)` when there are checkpoints and all are damaged.
    public func restoreState() throws -> RunState? {
        let own = try world.together { world.isFirst ? try readState() : nil }
        return try RunState(shared: own, world)
    }

    private func readState() throws -> RunState? {
        let hasResult = files.exists("result.json")
        let candidates = files.states.reversed().filter { hasResult || $0.phaseIndex < recipe.phases.count }
        if candidates.count < files.states.count {
            notices.append("result.json is gone: what made it is repeated")
        }
        for candidate in candidates {
            let path = "\(files.checkpoints)/\(candidate.name)"
            do {
                let state = try RunState(
                    path: path, name: candidate.name, recipeHash: recipe.hash, dataSHA256: header.data.sha256)
                try cutMetrics(to: state.metricsOffset)
                try makeWeightsAgain(before: state.position.phaseIndex)
                return state
            } catch let error as UserError where error.kind == .data {
                guard Files.rename(path, to: path + ".damaged") else {
                    throw UserError(.output, "cannot set aside: \(SystemCall.reason)", at: path)
                }
                notices.append("\(error); set aside as \(candidate.name).damaged, resuming from an older one")
            }
        }
        guard candidates.isEmpty else {
            throw UserError(
                .data, "all checkpoints are damaged", at: files.checkpoints,
                advice: "start again in another --out")
        }
        if hasResult { notices.append("weights and checkpoints are gone: the run is trained again") }
        try cutMetrics(to: 0)
        return nil
    }

    private func cutMetrics(to length: Int) throws {
        if try !metrics.truncate(to: length) {
            notices.append(
                "\(files.file("metrics.jsonl")) is shorter than at the checkpoint: lines are missing")
        }
    }

    private func provenance(_ position: RunPosition) -> [String: String] {
        [
            "format": "1", "tool": header.tool, "commit": header.commit, "recipe": recipe.canonical,
            "recipeHash": recipe.hash, "dataSHA256": header.data.sha256, "phase": position.phase,
            "phaseIndex": String(position.phaseIndex), "step": String(position.step),
            "seconds": position.seconds.description,
        ]
    }
}

// MARK: - Results

extension RunDirectory {
    /// Writes `result.json`.
    public func save(_ result: RunResult) throws {
        try world.onFirst { try files.write(result, to: "result.json") }
    }

    /// Writes `evaluation.json`.
    public func save(_ evaluation: RunEvaluation) throws {
        try world.onFirst { try files.write(evaluation, to: "evaluation.json", isPretty: false) }
    }

    /// Writes `predictions.safetensors`: p(y|x) `[N, K]` and the true labels `[N]` of the test images.
    public func savePredictions(probabilities: [Float], labels: [Int32], classes: Int) throws {
        let tensors = [
            "probabilities": SafetensorsEntry(floats: probabilities, shape: [labels.count, classes]),
            "labels": SafetensorsEntry(int32s: labels, shape: [labels.count]),
        ]
        let metadata = ["recipeHash": recipe.hash, "dataSHA256": header.data.sha256]
        try world.onFirst {
            try SafetensorsFile(metadata: metadata, tensors: tensors).write(to: files.predictions)
        }
    }

    /// Writes `samples/NAME` as `write` does, given the path.
    package func saveSample(name: String, write: (String) throws -> Void) throws {
        try world.onFirst { try write("\(files.samples)/\(name)") }
    }

    /// Appends a line to the metrics, and to the events of TensorBoard where there are any.
    package func record(_ row: MetricsRow, _ events: EventFile?) throws {
        try world.onFirst {
            try metrics.append(row)
            try events?.append(row)
        }
    }

    /// What `result.json` says; nil where it cannot be read.
    package func result() throws -> RunResult? {
        try world.shared(world.isFirst ? try? files.result() : nil)
    }

    /// Writes `samples/NAME` from JSON, as for the densities of a 2-D run.
    public func saveSample(_ value: some Encodable, name: String) throws {
        try world.onFirst { try files.write(value, to: "samples/\(name)", isPretty: false) }
    }
}

extension RunFiles {
    /// Removes what a killed process was writing; for whoever holds the lock.
    fileprivate func removeTemporaries() {
        for folder in [path, checkpoints, samples, draws] {
            let names = (try? Files.list(folder)) ?? []
            for name in names where name.hasPrefix(AtomicFile.temporaryPrefix) {
                Files.remove("\(folder)/\(name)")
            }
        }
    }

    /// Calls `body`, which writes the last files of a finished run, where a killed process has not come to that.
    ///
    /// - Parameter name: the file that is written last.
    /// - Throws: `UserError(.busy)` while another process has the run, and what `body` throws.
    package func completing(_ name: String, _ body: () throws -> Void) throws {
        guard !exists(name) else { return }
        let lock = try RunLock(path: file("lock"))
        try withExtendedLifetime(lock) {
            removeTemporaries()
            try body()
        }
    }

    /// Full checkpoints, the oldest first.
    package var states: [StateName] {
        let names = (try? Files.list(checkpoints)) ?? []
        return names.compactMap { StateName($0) }.sorted()
    }
}
