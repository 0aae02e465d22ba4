import System
import Tensors
import Training

/// Where a run stands: what a full checkpoint is about.
public struct RunPosition: Sendable, Equatable {
    public var phaseIndex: Int
    /// The kind of the phase.
    public var phase: String
    /// Updates done in the phase.
    public var step: Int
    /// Seconds of training so far.
    public var seconds: Double

    public init(phaseIndex: Int, phase: String, step: Int, seconds: Double) {
        self.phaseIndex = phaseIndex
        self.phase = phase
        self.step = step
        self.seconds = seconds
    }
}

/// A full checkpoint that was read back.
public struct RunState: Sendable {
    public let position: RunPosition
    /// All metadata, the trainer's own too, and all tensors.
    public let file: SafetensorsFile
    /// Length of `metrics.jsonl` when it was written.
    package let metricsOffset: Int
    /// The file's name.
    package let name: String
}

extension RunState {
    /// Throws `UserError(.data)` for a damaged file, `UserError(.recipe)` for one of another experiment.
    package init(path: String, name: String, recipeHash: String, dataSHA256: String) throws {
        let file = try SafetensorsFile(path: path)
        guard file.metadata["recipeHash"] == recipeHash, file.metadata["dataSHA256"] == dataSHA256 else {
            throw UserError(
                .recipe, "this checkpoint is of another recipe or other data", at: path,
                advice: "remove it or start in another --out")
        }
        if let name = file.nonFiniteTensor {
            throw UserError(
                .data, "a checkpoint in which \(name) is not finite", at: path,
                advice: "remove it, then --resume")
        }
        try self.init(file, name: name, at: path)
    }

    /// The state that rank 0 has read; nil where it has none.
    package init?(shared own: RunState?, _ world: World) throws {
        guard let file = try world.fromFirst(own?.file, name: "checkpoint") else { return nil }
        self = try own ?? RunState(file, name: "", at: "checkpoint")
    }

    private init(_ file: SafetensorsFile, name: String, at path: String) throws {
        (self.file, self.name) = (file, name)
        let metadata = file.metadata
        guard let phase = metadata["phase"], let phaseIndex = metadata["phaseIndex"].flatMap({ Int($0) }),
            let step = metadata["step"].flatMap({ Int($0) }),
            let seconds = metadata["seconds"].flatMap(Double.init),
            let offset = metadata["metricsOffset"].flatMap({ Int($0) }), offset >= 0,
            phaseIndex >= 0, step >= 0, seconds.isFinite
        else {
            throw UserError(
                .data, "a checkpoint without phase, step or time", at: path,
                advice: "remove it, then --resume")
        }
        position = RunPosition(phaseIndex: phaseIndex, phase: phase, step: step, seconds: seconds)
        metricsOffset = offset
    }
}

/// The name of a full checkpoint, `state-PHASE-STEP.safetensors`; PHASE counts from 0 as `phaseIndex` does.
package struct StateName: Comparable {
    package let phaseIndex: Int
    package let step: Int

    package init(phaseIndex: Int, step: Int) {
        self.phaseIndex = phaseIndex
        self.step = step
    }

    /// Of the state with which a phase begins, or with which the run ends.
    package init(startOf phaseIndex: Int) { self.init(phaseIndex: phaseIndex, step: 0) }

    package init?(_ name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "state", parts[2].hasSuffix(".safetensors"),
            let phaseIndex = Int(parts[1]), let step = Int(parts[2].dropLast(".safetensors".count))
        else { return nil }
        self.init(phaseIndex: phaseIndex, step: step)
    }

    package var name: String { "state-\(phaseIndex)-\(step).safetensors" }

    package static func < (first: StateName, second: StateName) -> Bool {
        (first.phaseIndex, first.step) < (second.phaseIndex, second.step)
    }
}

extension TrainingState {
    /// Takes over everything.
    /// - Throws: `UserError(.data)` for a file that is not a whole state of this recipe.
    package func restore(_ saved: RunState, of recipe: Recipe, at place: String) throws {
        try restore(
            saved.file, phase: saved.position.phaseIndex, step: saved.position.step, of: recipe, at: place)
    }
}
