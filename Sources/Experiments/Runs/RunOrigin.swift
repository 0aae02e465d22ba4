import Datasets
import Foundation
import Tensors

/// A finished run whose phases are the first ones of another recipe, which then need not be trained again
/// (`fce train --from`). Everything random is a function of seed, phase and step, so what follows is bit for bit
/// what the whole recipe gives.
struct RunOrigin {
    private let files: RunFiles
    var path: String { files.path }
    private let recipe: Recipe
    /// The state at the end of its last phase.
    let state: RunState
    /// The scores of its phases.
    let evaluation: RunEvaluation
    /// The lines of `metrics.jsonl` up to that state.
    private let metrics: ArraySlice<UInt8>

    /// - Parameters:
    ///   - path: the run directory, or the folder of its `seed-N`.
    ///   - recipe: what is to be trained.
    ///   - start: of the run that is to begin: its data and precision.
    /// - Throws: `UserError(.recipe)` when the run is of other data or precision, or its phases do not begin `recipe`,
    ///   `.missing` when it has not finished, `.data` when its files are damaged.
    init(_ path: String, of recipe: Recipe, _ start: RunHeader) throws {
        let folder = RunFiles(path: path)
        files = folder.exists("run.json") ? folder : RunFiles(path: folder.file("seed-\(recipe.seed)"))
        let header = try files.header()
        self.recipe = try files.recipe()
        let obstacles = recipe.obstacles(toContinuing: self.recipe)
        let keys = obstacles.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        if let what = keys.isEmpty ? header.data.difference(from: start.data) : "\(keys) differ" {
            throw UserError(
                .recipe, "its phases do not begin this recipe: \(what)", at: files.path,
                advice: "train the whole recipe, without --from")
        }
        guard self.recipe.phases.count < recipe.phases.count else {
            throw UserError(
                .recipe, "it has all phases of this recipe: nothing is left to train", at: files.path,
                advice: "leave out --from, or name a run of its first phases")
        }
        try RunDirectory.expectPrecision(header, of: start.machine.precision, at: files.path)
        let name = StateName(phaseIndex: self.recipe.phases.count, step: 0).name
        guard files.exists("checkpoints/\(name)") else {
            throw UserError(
                .missing, "the run has not finished", at: files.path,
                advice: "finish it with --resume, then repeat this command")
        }
        state = try RunState(
            path: "\(files.checkpoints)/\(name)", name: name, recipeHash: header.recipeHash,
            dataSHA256: start.data.sha256)
        evaluation = RunEvaluation(phases: try files.evaluation().phases)
        guard evaluation.phases.count == self.recipe.phases.count else {
            throw UserError(.data, "evaluation.json lacks a phase", at: files.path, advice: "repeat the run")
        }
        metrics = (SystemCall.readAll(files.file("metrics.jsonl")) ?? []).prefix(state.metricsOffset)
    }

    /// Brings a new run to where this one ended: metrics, scores, and the weights and pictures of its phases.
    func hand(over directory: RunDirectory) throws {
        try directory.metrics.append(metrics)
        try directory.save(evaluation)
        for (index, phase) in recipe.phases.enumerated() {
            let name = phase.kind.rawValue
            let position = RunPosition(
                phaseIndex: index, phase: name, step: evaluation.phases[index].steps,
                seconds: evaluation.phases[...index].map(\.seconds).reduce(0, +))
            let weights = try SafetensorsFile(path: files.weights(phaseIndex: index, name: name))
            try directory.saveWeights(weights, at: position)
        }
        for name in (try? Files.list(files.samples)) ?? [] {
            guard let bytes = SystemCall.readAll("\(files.samples)/\(name)") else { continue }
            try AtomicFile.write(to: "\(directory.files.samples)/\(name)") { file in
                try bytes.withUnsafeBytes { try file.append($0) }
            }
        }
    }
}

extension Recipe {
    /// The keys for which the phases of `other` are not the first ones of this recipe.
    func obstacles(toContinuing other: Recipe) -> [String] {
        differences(from: other).filter { key in
            let parts = key.split(separator: ".")
            if parts[0] == "phase" { return Int(parts[1]).map { $0 <= other.phases.count } ?? true }
            return !Self.isBookkeeping(key) && !["name", "method", "data.directory"].contains(key)
        }
    }
}
