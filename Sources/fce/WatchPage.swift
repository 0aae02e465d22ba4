import Reports
import Runs
import Scores
import System

/// A run as `fce watch` shows it.
struct WatchPage {
    private let watch: RunWatch
    private var sighting: RunSighting { watch.sighting }

    init(_ watch: RunWatch) { self.watch = watch }

    /// All of it.
    func lines(width: Int) -> [String] {
        var pairs: [(String, String)] = []
        if let progress = sighting.progress, sighting.state != .finished {
            let rate = progress.rate.map { ", \(fixed($0, $0 < 10 ? 2 : 0)) it/s" } ?? ""
            pairs.append(
                (
                    "phase",
                    "\(progress.phaseIndex + 1) of \(progress.phaseCount), \(progress.phase): "
                        + "step \(progress.step) of \(progress.steps)\(rate)"
                ))
        }
        pairs += times
        let doubt = sighting.isSilent ? ": too long for its rate, is the process stopped?" : ""
        pairs.append(("last sign", "\(duration(sighting.silence)) ago\(doubt)"))
        pairs += measures(width: width)
        pairs += ending
        let column = pairs.map { TerminalText.width($0.0) }.max() ?? 0
        return ["\(sighting.recipe), seed \(sighting.seed): \(state)"]
            + pairs.map { "  " + TerminalText.padded($0.0, to: column + 2) + $0.1 }
    }

    /// One line of it.
    var line: String {
        switch sighting.state {
        case .training, .trainingElsewhere:
            let line = sighting.progress?.line ?? "starting"
            return sighting.isSilent ? "silent for \(duration(sighting.silence)): \(line)" : line
        case .finished: return [state, result].filter { !$0.isEmpty }.joined(separator: ", ")
        case .stopped, .failed, .gone: return "\(state)\(checkpoint)"
        }
    }

    private var times: [(String, String)] {
        let parts = [
            sighting.phaseRest.map { "phase in \(clockTime($0))" },
            sighting.rest.map { "run in \(clockTime($0))" },
        ]
        let text = parts.compactMap(\.self).joined(separator: ", ")
        return text.isEmpty ? [] : [("ends", text)]
    }

    private var state: String {
        let progress = sighting.progress
        switch sighting.state {
        case .training where sighting.result != nil: return "writing its report"
        case .training: return "training" + (progress.map { " (process \($0.process))" } ?? "")
        case .trainingElsewhere: return "training on \(progress?.host ?? "another machine")"
        case .finished: return "finished"
        case .stopped: return "stopped"
        case .failed: return "failed: \(progress?.end ?? "")"
        case .gone:
            guard let progress else { return "its process is gone" }
            let isHere = progress.host == nil || progress.host == RunSighting.thisHost
            return isHere
                ? "its process \(progress.process) is gone"
                : "nothing heard of it on \(progress.host ?? "") for \(duration(sighting.silence))"
        }
    }

    private var checkpoint: String {
        guard let place = sighting.checkpoint else { return ", no checkpoint yet" }
        return ", checkpoint at phase \(place.phase + 1), step \(place.step)"
    }

    private var result: String {
        guard let result = sighting.result else { return "" }
        let scores = [
            score(.testError, of: result), score(.flowBitsPerDim, of: result),
            "\(duration(result.seconds)) of training",
        ]
        return scores.compactMap(\.self).joined(separator: ", ")
    }

    private func score(_ metric: Metric, of result: RunResult) -> String? {
        result.scores[metric].map { "\(metric.title) \(metric.textWithUnit($0))" }
    }

    private var ending: [(String, String)] {
        switch sighting.state {
        case .training, .trainingElsewhere: return []
        case .finished: return [("result", result)]
        case .stopped, .failed, .gone:
            let place = String(checkpoint.dropFirst(2))
            let command = shellQuoted(sighting.resumeCommand)
            let table = sighting.isCell ? "the same `fce reproduce` again, or " : ""
            return [("stands at", place), ("continue", "\(table)\(command)")]
        }
    }

    private func measures(width: Int) -> [(String, String)] {
        let measures = watch.measures
        let values = measures.map(Self.value)
        let column = values.map { TerminalText.width($0) }.max() ?? 0
        let room = max(0, min(60, width - 22 - column))
        let turn = watch.turn.map { [("turn", "the \($0)'s")] } ?? []
        return zip(measures, values).map { measure, value in
            let curve = Sparkline.text(measure.curve, width: room)
            let name = measure.metric.name(at: .watch) ?? measure.metric.title
            return (name, TerminalText.padded(value, to: column + 2) + curve)
        } + turn
    }

    private static func value(_ measure: RunWatch.Measure) -> String {
        measure.metric.unit == .share
            ? measure.metric.textWithUnit(measure.value) : measure.metric.text(measure.value)
    }
}
