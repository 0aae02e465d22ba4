import ArgumentParser
import Experiments
import Foundation
import Reports
import Tensors

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a running or finished run is doing, from its files.",
        discussion: """
            Examples:
              fce watch Runs/svhn10k-500-fce/seed-1
              fce watch Runs/svhn10k-500-fce
              ssh host fce watch FlowContrast/Runs --once

            Shows the phase, its step and rate, when phase and run will end, the last
            measures with their curves, and how long ago anything was written; of a run
            that stopped, what continues it. Of a folder of several runs it shows a line
            each. Only files are read: it works beside the training, after it, and over a
            network's file system.

            On a terminal the picture is renewed until no run is training, or Ctrl-C;
            with --once, and into a pipe, it is printed once.
            """)

    @Argument(help: "A run directory, or a folder of them: seeds, or a table's runs.", completion: .directory)
    var path: String

    @Flag(help: "Print once.")
    var once = false

    @Option(help: ArgumentHelp("Seconds between looks.", valueName: "s"))
    var every = 2.0

    @Flag(help: "Print a JSON array with an object for each run, once.")
    var json = false

    func validate() throws {
        if !(every >= 0.1 && every <= 3600) { throw ValidationError("--every takes 0.1 to 3600 seconds.") }
    }

    func run() throws {
        var watches = try found()
        if json { return try Console.printJSON(watches.map(WatchRecord.init)) }
        guard !once, Terminal.isTerminal(STDOUT_FILENO) else {
            return print(lines(watches, width: Console.width ?? 100).joined(separator: "\n"))
        }
        var block = TerminalBlock()
        while true {
            let (width, height) = Terminal.size(STDOUT_FILENO) ?? (80, 24)
            print(
                block.drawing(lines(watches, width: width - 1), width: width, height: height), terminator: "")
            try Console.finish()
            guard isGoingOn(watches) else { return }
            usleep(UInt32(1e6 * every))
            watches = try found(watches)
        }
    }

    /// The runs that are there, those of `known` as they are now.
    private func found(_ known: [RunWatch] = []) throws -> [RunWatch] {
        let runs = ResultFiles.runs(path)
        guard !runs.isEmpty else {
            throw UserError(
                .missing, FileManager.default.fileExists(atPath: path) ? "no run here" : "does not exist",
                at: path, advice: "name a run directory, or a folder of them, such as Runs")
        }
        return try runs.map { files in
            guard var watch = known.first(where: { $0.files.path == files.path }) else {
                return try RunWatch(files)
            }
            try watch.look()
            return watch
        }
    }

    /// Between two cells of a table no run is training for some seconds.
    private func isGoingOn(_ watches: [RunWatch]) -> Bool {
        let pause = watches.count > 1 || watches[0].files.path != path ? 30.0 : 0
        return watches.contains { $0.sighting.state.isTraining }
            || pause > 0 && watches.contains { $0.sighting.isCell && $0.sighting.silence < pause }
    }

    private func lines(_ watches: [RunWatch], width: Int) -> [String] {
        if watches.count == 1 { return WatchPage(watches[0]).lines(width: width) }
        let labels = watches.map { "\($0.sighting.recipe), seed \($0.sighting.seed)" }
        let column = labels.map { TerminalText.width($0) }.max() ?? 0
        let rows = zip(labels, watches).map { label, watch in
            TerminalText.padded(label, to: column + 2) + WatchPage(watch).line
        }
        let states = watches.map(\.sighting.state)
        let counts = [
            "\(watches.count) runs", "\(states.count { $0 == .finished }) finished",
            "\(states.count(where: \.isTraining)) training",
        ]
        let rest = watches.compactMap(\.sighting.rest).max()
        let end = rest.map { ", the longest of these ends in \(ProgressStatus.duration($0))" } ?? ""
        return rows + [counts.joined(separator: ", ") + end]
    }
}

/// A run as `fce watch` shows it.
struct WatchPage {
    private let watch: RunWatch
    private var sighting: RunSighting { watch.sighting }

    init(_ watch: RunWatch) { self.watch = watch }

    /// All of it.
    func lines(width: Int) -> [String] {
        var pairs: [(String, String)] = []
        if let progress = sighting.progress, sighting.state != .finished {
            let rate = progress.rate.map { ", \(Console.fixed($0, $0 < 10 ? 2 : 0)) it/s" } ?? ""
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
            sighting.phaseRest.map { "phase in \(ProgressStatus.duration($0))" },
            sighting.rest.map { "run in \(ProgressStatus.duration($0))" },
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
            result.testError.map { "test error \(Console.percent($0))" },
            result.flowBitsPerDim.map { "flow \(Console.fixed($0, 3)) bits/dim" },
            "\(duration(result.seconds)) of training",
        ]
        return scores.compactMap(\.self).joined(separator: ", ")
    }

    private var ending: [(String, String)] {
        switch sighting.state {
        case .training, .trainingElsewhere: return []
        case .finished: return [("result", result)]
        case .stopped, .failed, .gone:
            let place = String(checkpoint.dropFirst(2))
            let command = Console.shellQuoted(sighting.resumeCommand)
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
            return (
                Self.titles[measure.name] ?? measure.name, TerminalText.padded(value, to: column + 2) + curve
            )
        } + turn
    }

    private static let titles = [
        "testError": "test error", "heldOutError": "held-out error", "bpd": "flow, bits/dim",
        "bpdValidation": "held out, bits/dim", "value": "V", "labelLoss": "label loss", "vat": "VAT",
        "gap": "gap", "bpdBound": "bound, bits/dim", "criticLoss": "critic's loss",
        "generatorLoss": "generator's loss", "accuracyGate": "gate's accuracy",
    ]

    private static func value(_ measure: RunWatch.Measure) -> String {
        measure.name.hasSuffix("Error")
            ? Console.percent(measure.value) : Console.fixed(measure.value, 3)
    }
}

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
        measures = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
        turn = watch.turn
        error = sighting.state == .failed ? progress?.end : nil
        (checkpointPhase, checkpointStep) = (
            sighting.checkpoint.map { $0.phase + 1 }, sighting.checkpoint?.step
        )
        let isOver = sighting.state == .finished || sighting.state.isTraining
        resume = isOver ? nil : Console.shellQuoted(sighting.resumeCommand)
        (testError, seconds) = (sighting.result?.testError, sighting.result?.seconds)
    }
}
