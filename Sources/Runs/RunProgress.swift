import Foundation
import Networks
import System

/// `progress.json` of a run directory while it trains: where it stands, for whoever watches from another process.
public struct RunProgress: Codable, Sendable, Equatable {
    /// The one that trains.
    public var process: Int32
    public var phase: String
    /// From 0.
    public var phaseIndex: Int
    public var phaseCount: Int
    public var step: Int
    public var steps: Int
    /// Steps a second since the process began or the phase did.
    public var rate: Double?
    /// The last test error, 0...1.
    public var lastError: Double?
    /// Seconds to the end of the run; nil where nobody predicted them.
    public var runSeconds: Double?
    /// The machine that trains; nil in runs of old.
    public var host: String?
    /// The job of Slurm that trains; nil outside of one.
    public var job: String?
    /// Why training ended before the run did: the error, or empty after a signal. Nil while it goes on.
    public var end: String?

    package init(_ status: ProgressStatus, rate: Double?, rest: Double? = nil, process: Int32 = getpid()) {
        self.process = process
        host = RunSighting.thisHost
        job = ProcessInfo.processInfo.environment["SLURM_JOB_ID"]
        runSeconds = rest.flatMap { $0.isFinite ? $0 : nil }
        (phase, phaseIndex, phaseCount) = (status.phase, status.phaseIndex, status.phaseCount)
        (step, steps) = (status.step, status.steps)
        self.rate = rate.flatMap { $0.isFinite ? $0 : nil }
        lastError = status.lastError.flatMap { $0.isFinite ? $0 : nil }
    }

    /// `[2/3 energy] 120/5000  3.10 it/s  ETA 26:14  error 12.35 %`.
    public var line: String {
        ProgressStatus(
            phase: phase, phaseIndex: phaseIndex, phaseCount: phaseCount, step: step, steps: steps,
            lastError: lastError
        ).line(rate: rate, rest: runSeconds)
    }

    /// Seconds to the end of the phase.
    public var remainingSeconds: Double? {
        rate.flatMap { $0 > 0 ? Double(max(0, steps - step)) / $0 : nil }
    }
}

/// Writes `progress.json`, once a second at most.
package final class ProgressFile {
    private let files: RunFiles
    private var rate = ProgressRate()
    private var lastWrite = -Double.infinity
    private var last: RunProgress?
    private static let name = "progress.json"

    package init(_ files: RunFiles) { self.files = files }

    /// Cheap to call at every step.
    package func update(_ status: ProgressStatus) {
        let now = SystemCall.seconds
        let pace = rate.update(status, at: now)
        guard pace.isNew || now - lastWrite >= 1 else { return }
        lastWrite = now
        let progress = RunProgress(status, rate: pace.rate, rest: pace.rest)
        last = progress
        write(progress)
    }

    /// From now on the file also says when the run will end.
    package func expect(_ forecast: RunForecast?) { rate.forecast = forecast }

    /// Says that training ends before the run does.
    ///
    /// - Parameter reason: the error; empty after a signal.
    package func end(_ reason: String) {
        guard var progress = last else { return }
        progress.end = reason
        write(progress)
    }

    private func write(_ progress: RunProgress) {
        // Nothing depends on it: a full disk shows at the next checkpoint.
        guard let json = try? JSONEncoder().encode(progress) else { return }
        try? AtomicFile.write(
            String(decoding: json, as: UTF8.self), to: files.file(Self.name), isSynced: false)
    }

    package func remove() { Files.remove(files.file(Self.name)) }
}

extension RunFiles {
    /// Where the run's training stands; nil while none has begun.
    public func progress() -> RunProgress? { try? read(RunProgress.self, from: "progress.json") }
}

/// Steps a second since the first status of a phase, or of a part of a probe.
package struct ProgressRate {
    /// How fast training goes, and what is left of it.
    package struct Pace {
        package let rate: Double?
        /// Seconds to the end of the run; nil without a forecast.
        package let rest: Double?
        /// Whether the phase is a new one.
        package let isNew: Bool
    }

    package var forecast: RunForecast?
    private var part: (index: Int, name: String)?
    private var start = (step: 0, time: 0.0)

    /// Takes note of a status at `now`, in seconds.
    package mutating func update(_ status: ProgressStatus, at now: Double) -> Pace {
        let isNew = part.map { $0 != (status.phaseIndex, status.phase) } ?? true
        if isNew {
            part = (status.phaseIndex, status.phase)
            start = (status.step, now)
        }
        let elapsed = now - start.time
        let rate = elapsed > 0 ? Double(status.step - start.step) / elapsed : nil
        return Pace(
            rate: rate, rest: forecast?.rest(of: status, rate: rate, elapsed: elapsed), isNew: isNew)
    }
}
