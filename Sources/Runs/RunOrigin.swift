import Evaluation
import Foundation
import Recipes
import Scores
import System
import Training

/// A run whose ended phases are the first ones of another recipe, which then need not be trained again
/// (`fce train --from`). The run may have finished, stopped or diverged, and its later phases may differ. Everything
/// random is a function of seed, phase and step, so what follows is bit for bit what the whole recipe gives.
package struct RunOrigin {
    private let files: RunFiles
    package var path: String { files.path }
    private let recipe: Recipe
    /// How many of its phases are taken over.
    private let phases: Int
    /// The state at the end of those phases.
    package let state: RunState
    /// Their scores.
    package let evaluation: RunEvaluation
    /// The lines of `metrics.jsonl` up to that state.
    private let metrics: ArraySlice<UInt8>

    /// - Parameters:
    ///   - path: the run directory, or the folder of its `seed-N`.
    ///   - recipe: what is to be trained.
    ///   - start: of the run that is to begin: its data and precision.
    /// - Throws: `UserError(.recipe)` when the run is of other data or precision, or its phases do not begin `recipe`,
    ///   `.missing` when none of them has ended or its checkpoint is gone, `.data` when its files are damaged.
    package init(_ path: String, of recipe: Recipe, _ start: RunHeader) throws {
        let folder = RunFiles(path: path)
        files = folder.exists("run.json") ? folder : RunFiles(path: folder.file("seed-\(recipe.seed)"))
        let header = try files.header()
        self.recipe = try files.recipe()
        let shared = recipe.sharedPhases(with: self.recipe)
        let obstacles = recipe.obstacles(toContinuing: self.recipe, phases: max(1, shared))
        let keys = obstacles.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        if let what = keys.isEmpty ? header.data.difference(from: start.data) : "\(keys) differ" {
            throw UserError(
                .recipe, "its phases do not begin this recipe: \(what)", at: files.path,
                advice: "train the whole recipe, without --from")
        }
        let ended = files.endedPhases(of: self.recipe)
        guard min(shared, ended) < recipe.phases.count else {
            throw UserError(
                .recipe, "it has all phases of this recipe: nothing is left to train", at: files.path,
                advice: "leave out --from, or name a run of its first phases")
        }
        guard ended > 0 else {
            throw UserError(
                .missing, "no phase of this run has ended", at: files.path,
                advice: "continue it, then repeat this command: \(files.resumeCommand)")
        }
        try RunDirectory.expectPrecision(header, of: start.machine.precision, at: files.path)
        phases = min(shared, ended)
        let name = StateName(startOf: phases).name
        guard files.exists("checkpoints/\(name)") else {
            throw UserError(
                .missing, "the checkpoint at the end of phase \(phases) is gone",
                at: files.file("checkpoints/\(name)"),
                advice: "train the whole recipe, without --from")
        }
        state = try RunState(
            path: "\(files.checkpoints)/\(name)", name: name, recipeHash: header.recipeHash,
            dataSHA256: start.data.sha256)
        let scores = try files.evaluation().phases
        guard scores.count >= phases else {
            throw UserError(.data, "evaluation.json lacks a phase", at: files.path, advice: "repeat the run")
        }
        evaluation = RunEvaluation(phases: Array(scores.prefix(phases)))
        metrics = (Files.contents(files.file("metrics.jsonl")) ?? []).prefix(state.metricsOffset)
    }

    /// Brings a new run to where those phases ended: metrics, scores, and the weights and pictures of its phases.
    package func hand(over directory: RunDirectory) throws {
        try directory.metrics.append(metrics)
        try directory.save(evaluation)
        for (index, phase) in recipe.phases.prefix(phases).enumerated() {
            let name = phase.kind
            let position = RunPosition(
                phaseIndex: index, phase: name, step: evaluation.phases[index].steps,
                seconds: evaluation.phases[...index].map(\.seconds).reduce(0, +))
            guard files.hasWeights(index, of: recipe) else { throw files.missingWeights(index, of: recipe) }
            let weights = try SafetensorsFile(path: files.weights(index, of: recipe))
            try directory.saveWeights(weights, at: position)
        }
        for name in (try? Files.list(files.samples)) ?? [] where isOfSharedPhases(name) {
            guard let bytes = Files.contents("\(files.samples)/\(name)") else { continue }
            try AtomicFile.write(to: "\(directory.files.samples)/\(name)") { file in
                try bytes.withUnsafeBytes { try file.append($0) }
            }
        }
    }
}

extension RunOrigin {
    /// Whether a picture shows one of the phases that are taken over: `0-flow-mle.jpg`, `densities-0-100.json`. The
    /// grids of the last phase, `densities.json`, are another one's where more phases have ended. Figures are made anew
    /// with the report.
    private func isOfSharedPhases(_ name: String) -> Bool {
        guard !name.hasPrefix("figure") else { return false }
        let numbers = name.split { !$0.isNumber }.compactMap { Int($0) }
        guard let index = numbers.first else { return phases == recipe.phases.count }
        return index < phases
    }
}

extension RunFiles {
    /// How many phases of this run, one of `old`, can begin `recipe`; nil where none can.
    package func continuation(of old: Recipe, by recipe: Recipe) -> Int? {
        let phases = min(recipe.sharedPhases(with: old), endedPhases(of: old))
        let isPossible =
            phases > 0 && phases < recipe.phases.count && states.contains(StateName(startOf: phases))
            && recipe.obstacles(toContinuing: old, phases: phases).isEmpty
        return isPossible ? phases : nil
    }
}

extension Recipe {
    /// How many phases both recipes begin with.
    package func sharedPhases(with other: Recipe) -> Int {
        zip(phases, other.phases).prefix { $0 == $1 }.count
    }

    /// The keys for which the first `count` phases of `other` are not those of this recipe.
    package func obstacles(toContinuing other: Recipe, phases count: Int) -> [String] {
        differences(from: other).filter { key in
            let parts = key.split(separator: ".")
            if parts[0] == "phase" { return Int(parts[1]).map { $0 <= count } ?? true }
            return !Self.isBookkeeping(key) && !["name", "method", "data.directory"].contains(key)
        }
    }
}
