import Runs
import Scores
import System

/// A run as `fce watch --json` prints it.
struct WatchRecord: Encodable {
    let path, recipe, method: String
    let seed: Int
    /// `training`, `training-elsewhere`, `finished`, `stopped`, `failed` or `gone`.
    let state: String
    let phase: String?
    /// From 1.
    let phaseNumber, phaseCount, step, steps: Int?
    /// Steps a second.
    let rate: Double?
    /// To the end of the phase, and of the run.
    let phaseSeconds, runSeconds: Double?
    let process: Int32?
    let host: String?
    /// Seconds since anything was written.
    let silence: Double
    /// The last values by the names of metrics.jsonl.
    let measures: [String: Double]
    let turn: String?
    /// Why a failed run ended.
    let error: String?
    /// Of the newest checkpoint; the phase from 1.
    let checkpointPhase, checkpointStep: Int?
    /// What continues a run that is neither training nor finished.
    let resume: String?
    let testError, seconds: Double?

    init(_ watch: RunWatch) {
        let sighting = watch.sighting
        let progress = sighting.progress
        (path, recipe, method) = (sighting.path, sighting.recipe, sighting.method)
        (seed, state) = (sighting.seed, sighting.state.rawValue)
        phase = progress?.phase
        (phaseNumber, phaseCount) = (progress.map { $0.phaseIndex + 1 }, progress?.phaseCount)
        (step, steps, rate) = (progress?.step, progress?.steps, progress?.rate)
        (phaseSeconds, runSeconds, silence) = (sighting.phaseRest, sighting.rest, sighting.silence)
        (process, host) = (progress?.process, progress?.host)
        let values = watch.measures.filter { $0.value.isFinite }
        measures = Dictionary(
            uniqueKeysWithValues: values.map { ($0.metric.logKey ?? $0.metric.key, $0.value) })
        turn = watch.turn
        error = sighting.state == .failed ? progress?.end : nil
        (checkpointPhase, checkpointStep) = (
            sighting.checkpoint.map { $0.phase + 1 }, sighting.checkpoint?.step
        )
        let isOver = sighting.state == .finished || sighting.state.isTraining
        resume = isOver ? nil : shellQuoted(sighting.resumeCommand)
        (testError, seconds) = (sighting.result?.scores[.testError], sighting.result?.seconds)
    }
}
