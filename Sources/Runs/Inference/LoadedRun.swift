import Evaluation
import Foundation
import Recipes
import Scores
import System
import Tensors
import Training

/// The models of a run as they were at a phase's end: for evaluation, prediction and sampling.
public struct LoadedRun {
    public let files: RunFiles
    public let header: RunHeader
    public let recipe: Recipe
    public let backend: any Backend
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
    ///   - device: where the models compute.
    ///   - threads: nil for all processors.
    /// - Throws: `UserError(.missing)` when this is no run or no such phase has ended, `UserError(.data)` for
    ///   damaged weights, `UserError(.recipe)` for weights of another recipe.
    public init(
        at path: String, phase: Int? = nil, device: Device = .standard, threads: Int? = nil
    ) throws {
        files = RunFiles(path: path)
        header = try files.header()
        recipe = try files.recipe()
        self.phase = try Self.phaseIndex(phase, files, recipe)
        let weights = files.weights(self.phase, of: recipe)
        let file = try Self.weights(at: weights, self.phase, files, recipe)
        backend = try device.open(threads: threads, precision: recipe.precision)
        let extents = [header.data.height, header.data.width, header.data.channels]
        state = TrainingState(recipe, extents: extents, backend: backend)
        try state.restoreWeights(file, of: recipe, at: weights)
        state.phase = self.phase
        state.step = file.metadata["step"].flatMap { Int($0) } ?? 0
        let scored = (try? files.evaluation())?.phases ?? []
        for (index, score) in scored.enumerated() where index < state.seconds.count {
            state.seconds[index] = score.seconds
        }
        var notices: [String] = []
        let trained = header.machine.precision
        if trained != backend.reduced.rawValue {
            notices.append(
                "trained in \(trained), computing in \(backend.reduced): log q differs by a few nats")
        }
        if phase == nil, self.phase + 1 < recipe.phases.count {
            notices.append(
                "the run has not finished: these are the weights at the end of phase \(self.phase + 1) of "
                    + "\(recipe.phases.count) (\(recipe.phases[self.phase].kind))")
        }
        self.notices = notices
    }

    /// The weights at the end of a phase, and of no other one.
    private static func weights(
        at path: String, _ phase: Int, _ files: RunFiles, _ recipe: Recipe
    ) throws -> SafetensorsFile {
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(path: path)
        } catch let error as UserError where error.kind == .data {
            throw UserError(
                error.kind, error.what, at: error.place,
                advice: "delete the file, then make it again: \(files.resumeCommand)")
        }
        guard file.metadata["recipeHash"] == recipe.hash else {
            throw UserError(
                .recipe, "these weights are of another recipe than the run's recipe.toml", at: path,
                advice: "restore recipe.toml, or repeat the run")
        }
        guard file.metadata["phaseIndex"] == String(phase) else {
            throw UserError(
                .data, "these are not the weights of phase \(phase + 1)", at: path,
                advice: "delete the file, then make it again: \(files.resumeCommand)")
        }
        return file
    }

    private static func phaseIndex(_ number: Int?, _ files: RunFiles, _ recipe: Recipe) throws -> Int {
        let ended = files.endedPhases(of: recipe)
        guard ended > 0 else {
            throw UserError(
                .missing, "no phase of this run has ended", at: files.path,
                advice: "continue it: \(files.resumeCommand)")
        }
        let index = (number ?? ended) - 1
        guard (0..<ended).contains(index) else {
            let numbers = (1...ended).map(String.init).joined(separator: ", ")
            throw UserError(
                .missing, "there are no weights of phase \(index + 1)", at: files.path,
                advice: "phases that have ended: \(numbers)")
        }
        guard files.hasWeights(index, of: recipe) else { throw files.missingWeights(index, of: recipe) }
        return index
    }

    /// What the models are and where they compute, for people.
    public var summary: [(name: String, value: String)] {
        [
            ("weights", files.weights(phase, of: recipe)), ("recipe", String(recipe.hash.prefix(12))),
            ("trained on", "\(header.machine.summary), \(header.machine.precision)"),
        ] + backend.summary
    }

    /// The kind of the phase whose weights these are.
    public var phaseName: String { recipe.phases[phase].kind }

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
    /// The result, when the run has finished, is one of `recipe`, and nothing of it must be made again. A run that was
    /// killed after its result and before its last checkpoint has not finished.
    public func finishedResult(of recipe: Recipe) -> RunResult? {
        guard let result = try? result(), result.recipeHash == recipe.hash,
            states.last.map({ $0.phaseIndex >= recipe.phases.count }) ?? true,
            !canMakeWeightsAgain(of: recipe)
        else { return nil }
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
