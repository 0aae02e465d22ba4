import Foundation
import System

/// What the files of a run say of it at one moment: no lock is needed, and no process of this machine.
public struct RunSighting: Sendable {
    public enum State: String, Sendable, Codable {
        /// A process has the run directory.
        case training
        /// A process of another machine wrote lately.
        case trainingElsewhere = "training-elsewhere"
        case finished
        /// By a signal; a checkpoint was written.
        case stopped
        /// With an error.
        case failed
        /// The process ended without a word, or a machine that cannot be asked has not written for long.
        case gone

        public var isTraining: Bool { self == .training || self == .trainingElsewhere }
    }

    public let path: String
    public let recipe: String
    public let method: String
    public let seed: Int
    public let state: State
    /// Where training stands, or stood; nil before its first update and of old.
    public let progress: RunProgress?
    /// Seconds since anything was written.
    public let silence: Double
    /// The newest checkpoint: the phase from 0, and the step. Nil without one.
    public let checkpoint: (phase: Int, step: Int)?
    /// Of a finished run.
    public let result: RunResult?
    /// Threads the run was started with.
    public let threads: Int
    /// Whether `fce reproduce` trains it.
    public let isCell: Bool

    /// Looks at the run in `files` at `now`, in seconds since 1970, from the machine called `host`.
    /// - Throws: `UserError` where there is no run.
    public init(
        _ files: RunFiles, now: Double = Date.now.timeIntervalSince1970, host: String = Self.thisHost
    ) throws {
        let header = try files.header()
        path = files.path
        (recipe, method, seed) = (header.recipeName, header.method, header.seed)
        threads = header.machine.threads
        isCell = files.exists("train.log")
        let progress = files.progress()
        self.progress = progress
        result = files.exists("result.json") ? try files.result() : nil
        checkpoint = files.states.last.map { ($0.phaseIndex, $0.step) }
        silence = max(0, now - Self.lastChange(files))
        let isElsewhere = progress?.host.map { $0 != host } ?? false
        // Over a network the lock of another machine may not be seen.
        let isHeld = RunLock.isHeld(files.file("lock"))
        if isHeld {
            state = isElsewhere ? .trainingElsewhere : .training
        } else if result != nil {
            state = .finished
        } else if let end = progress?.end {
            state = end.isEmpty ? .stopped : .failed
        } else if isElsewhere, silence < Self.patience(progress) {
            state = .trainingElsewhere
        } else {
            state = progress == nil && checkpoint != nil ? .stopped : .gone
        }
    }

    /// Seconds of silence that mean nothing: a step may be slow, and so may a test of the models.
    private static func patience(_ progress: RunProgress?) -> Double {
        max(120, 20 / max(progress?.rate ?? 1, 1e-3))
    }

    public static var thisHost: String { ProcessInfo.processInfo.hostName }

    private static func lastChange(_ files: RunFiles) -> Double {
        let names = ["progress.json", "metrics.jsonl", "checkpoints", "result.json", "run.json"]
        return names.reduce(0) { latest, name in
            var status = stat()
            guard withSystemPath(files.file(name), { stat($0, &status) }) == 0 else { return latest }
            return max(latest, Double(status.st_mtim.tv_sec) + 1e-9 * Double(status.st_mtim.tv_nsec))
        }
    }

    /// Seconds to the end of the run, what has passed since they were written taken off; nil where nobody knows.
    public var rest: Double? { left(progress?.runSeconds) }

    /// Seconds to the end of the phase, likewise.
    public var phaseRest: Double? { left(progress?.remainingSeconds) }

    private func left(_ seconds: Double?) -> Double? {
        guard state.isTraining, !isSilent, let seconds else { return nil }
        return max(0, seconds - silence)
    }

    /// Whether a run in training has written nothing for longer than its steps explain: its process may be stopped, or the
    /// machine be busy.
    public var isSilent: Bool { state.isTraining && silence > Self.patience(progress) }

    /// What continues the run, as words of a command line.
    public var resumeCommand: [String] {
        ["fce", "train", "\(path)/recipe.toml", "--out", path, "--resume", "--threads", String(threads)]
    }
}
