import Datasets
import Flows
import Foundation
import Tensors

/// The models of a run as they were at a phase's end: for evaluation, prediction and sampling.
public struct LoadedRun {
    public let files: RunFiles
    public let header: RunHeader
    public let recipe: Recipe
    public let backend: CPUBackend
    public let state: TrainingState
    /// Index of the phase whose weights these are.
    public let phase: Int
    /// What a user should know about the numbers, such as another precision than in training.
    public let notices: [String]

    /// Reads recipe and weights; the data the run trained on are not needed.
    ///
    /// - Parameters:
    ///   - path: the run directory.
    ///   - phase: a phase's number from 1; nil for the last phase that has ended.
    /// - Throws: `UserError(.missing)` when this is no run or no such phase has ended, `UserError(.data)` for
    ///   damaged weights, `UserError(.recipe)` for weights of another recipe.
    public init(at path: String, phase: Int? = nil, threads: Int? = nil) throws {
        files = RunFiles(path: path)
        header = try files.header()
        recipe = try files.recipe()
        self.phase = try Self.phaseIndex(phase, files, recipe)
        let weights = files.weights(phaseIndex: self.phase, name: recipe.phases[self.phase].kind.rawValue)
        let file = try SafetensorsFile(path: weights)
        guard file.metadata["recipeHash"] == recipe.hash else {
            throw UserError(
                .recipe, "these weights are of another recipe than the run's recipe.toml", at: weights,
                advice: "restore recipe.toml, or repeat the run")
        }
        backend = try CPUBackend(threads: threads, precision: recipe.precision)
        let extents = [header.data.height, header.data.width, header.data.channels]
        state = TrainingState(recipe, extents: extents, backend: backend)
        try state.restoreWeights(file, of: recipe, at: weights)
        state.phase = self.phase
        state.step = file.metadata["step"].flatMap { Int($0) } ?? 0
        let scored = (try? files.evaluation())?.phases ?? []
        for (index, score) in scored.enumerated() where index < state.seconds.count {
            state.seconds[index] = score.seconds
        }
        let trained = header.machine.precision
        notices =
            trained == backend.reduced.rawValue
            ? [] : ["trained in \(trained), computing in \(backend.reduced): log q differs by a few nats"]
    }

    private static func phaseIndex(_ number: Int?, _ files: RunFiles, _ recipe: Recipe) throws -> Int {
        let ended = recipe.phases.indices.filter { index in
            let name = recipe.phases[index].kind.rawValue
            return Files.exists(files.weights(phaseIndex: index, name: name))
        }
        guard let last = ended.last else {
            throw UserError(
                .missing, "no phase of this run has ended", at: files.path,
                advice: "continue it with `fce train … --resume`")
        }
        guard let number else { return last }
        guard let index = ended.first(where: { $0 + 1 == number }) else {
            let numbers = ended.map { String($0 + 1) }.joined(separator: ", ")
            throw UserError(
                .missing, "there are no weights of phase \(number)", at: files.path,
                advice: "phases that have ended: \(numbers)")
        }
        return index
    }

    /// The kind of the phase whose weights these are.
    public var phaseName: String { recipe.phases[phase].kind.rawValue }

    /// The data the run trained and is tested on.
    ///
    /// - Parameter directory: where they are now; nil for the recipe's directory.
    /// - Throws: `UserError` as the readers do, and `.data` when they are not the run's.
    public func data(in directory: String? = nil) throws -> ExperimentData {
        let data = try ExperimentData(directory.map(recipe.readingData(in:)) ?? recipe)
        if let difference = header.data.difference(from: DataRecord(data)) {
            throw UserError(
                .data, "these are not the data of the run: \(difference)",
                at: directory ?? recipe.data.directory, advice: "name the right folder with --data")
        }
        return data
    }
}

extension RunFiles {
    /// The result, when the run has finished and is one of `recipe`.
    public func finishedResult(of recipe: Recipe) -> RunResult? {
        guard let result = try? result(), result.recipeHash == recipe.hash else { return nil }
        return result
    }
}

extension Recipe {
    /// The recipe with its data elsewhere: what `--data` means.
    /// - Throws: `UserError(.recipe)` for data that are generated.
    public func readingData(in directory: String) throws -> Recipe {
        guard data.source != .plane, data.source != .synthetic else {
            throw UserError(
                .recipe, "\(name) generates its data", advice: "leave out --data")
        }
        var copy = self
        copy.data.directory = directory
        return copy
    }
}
