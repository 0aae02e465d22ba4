import Costs
import Datasets
import Evaluation
import Foundation
import Methods
import Recipes
import Scores
import System
import Tensors
import Training

/// One run of a recipe with one seed: data, models and run directory, trained to the end and scored.
public final class Experiment: TrainingObserver {
    public static let tool = "fce 0.1.0"

    public let recipe: Recipe
    public let data: ExperimentData
    public let backend: any Backend
    public let directory: RunDirectory
    private let state: TrainingState
    private let log: ProgressLog
    private let progress: ProgressFile?
    private let options: ExperimentOptions
    private var phases: [PhaseScores] = []
    private var lastError: Double?
    private var events: EventFile?

    /// Reads the data, opens or creates the run directory and, when resuming, the last checkpoint.
    /// - Throws: `UserError` of any kind but `.diverged`.
    public init(_ recipe: Recipe, _ options: ExperimentOptions, log: ProgressLog) throws {
        self.recipe = recipe
        self.options = options
        self.log = log
        // Git takes as long as a third of the data.
        let commit = Background { SourceCommit.current() }
        let world = options.world
        backend = try world.together {
            try options.device.open(
                threads: options.threads, precision: recipe.precision(automatic: options.precision),
                world: world)
        }
        data = try world.together { try ExperimentData(recipe) }
        let header = RunHeader(recipe, data, backend, commit: commit.value)
        try header.expectSame(on: world)
        try recipe.expectDivisible(ranks: world.size, shards: world.shards)
        try world.onFirst { [data] in try Self.expectRoomForFlow(of: recipe, data, options) }
        let origin = try world.together {
            world.isFirst ? try Self.origin(of: recipe, header, options) : nil
        }
        directory = try RunDirectory(
            at: options.out, recipe: recipe, header: header, split: data.split, resume: options.resume,
            world: world)
        progress = world.isFirst ? ProgressFile(directory.files) : nil
        state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: backend)
        if options.isKept && world.isFirst { state.draws = directory.files.draws }
        printHeader()
        if try !resume(), options.origin != nil { try begin(with: origin) }
        try world.onFirst {
            guard options.tensorboard || directory.files.exists("tensorboard") else { return }
            events = try EventFile(directory.files)
        }
    }

    /// Throws `UserError(.output)` where the run begins with a flow that could not be kept.
    private static func expectRoomForFlow(
        of recipe: Recipe, _ data: ExperimentData, _ options: ExperimentOptions
    ) throws {
        let begins = options.origin == nil && RunFiles(path: options.out).states.isEmpty
        guard begins, let cache = options.flows.map(FlowCache.init),
            let kept = try recipe.keptFlow(
                data: data.train.sha256, in: cache, automatic: options.precision),
            !kept.exists
        else { return }
        try cache.expectWritable()
    }

    /// Trains what is left, scores the last iterate and writes the results.
    /// - Returns: nil for a run that pauses after one of its phases, as the options say.
    /// - Throws: `Interrupted` after a signal, `UserError` otherwise; a checkpoint is left in both cases.
    public func run() throws -> RunResult? {
        if state.phase >= recipe.phases.count, let done = try directory.result() { return done }
        let forecast = options.isForecast ? try Interruption.endingAtOnce(forecast) : nil
        log.expect(forecast)
        progress?.expect(forecast)
        do {
            try Trainer(
                recipe, data, state, keptFlow: keptFlow, lastPhase: options.lastPhase, observer: self
            ).run()
        } catch {
            progress?.end(error is Interrupted ? "" : "\(error)")
            guard let error = error as? UserError, error.kind == .diverged, options.isKept else {
                throw error
            }
            throw directory.files.advised(error, phase: state.phase, of: recipe)
        }
        log.end()
        guard state.phase == recipe.phases.count else {
            progress?.end("")
            log.note("phase \(state.phase) has ended: --resume trains the next one")
            return nil
        }
        return try finishRun()
    }

    /// Where the flow is kept that the run begins with.
    private var keptFlow: KeptFlow? {
        get throws {
            try options.flows.flatMap {
                try recipe.keptFlow(
                    data: data.train.sha256, in: FlowCache(folder: $0), automatic: options.precision)
            }
        }
    }

    /// When the run will end, as far as that is known before it; nil for a short one.
    private func forecast() throws -> RunForecast? {
        // What is measured here is one process.
        guard options.world.shards == 1, CostEstimator.isWorthwhile([recipe]) else { return nil }
        let estimator = CostEstimator(threads: backend.threads) { [log] in
            log.note("measuring how long this will take")
        }
        return RunForecast(try estimator.cost(of: recipe, DataSize(data)))
    }

    private func printHeader() {
        log.note("\(recipe.name), seed \(recipe.seed) → \(options.out)")
        let split = data.split
        log.note(
            "data: \(data.name), \(data.train.count) training and \(data.test.count) test examples; "
                + "\(split.labelled.count) labelled, \(split.unlabelled.count) unlabelled, "
                + "\(split.validation.count) held out")
        for notice in data.notices { log.warn("data: \(notice)") }
        if let note = recipe.noteOnPaper { log.warn(note) }
        for (name, value) in backend.summary { log.note("\(name): \(value)") }
        let world = options.world
        if world.shards > 1 { log.note("ranks: \(world.size), batches in \(world.shards) shards") }
        log.note("recipe \(recipe.hash.prefix(12)), commit \(directory.header.commit.prefix(12))")
        if let handicap = options.device.handicap { log.warn("training is slower: \(handicap)") }
    }

    /// False when there is nothing to resume.
    private func resume() throws -> Bool {
        guard options.resume else { return false }
        let saved = try directory.restoreState()
        for notice in directory.notices { log.warn(notice) }
        guard let saved else { return false }
        if saved.position.phaseIndex == recipe.phases.count {
            (state.phase, state.step) = (recipe.phases.count, 0)
        } else {
            try state.restore(saved, of: recipe, at: options.out)
        }
        if saved.position.phaseIndex > 0 { phases = try sharedScores { try endedScores() } }
        log.note("resuming at phase \(saved.position.phaseIndex + 1), step \(saved.position.step)")
        return true
    }

    /// The scores of the phases that have ended: without them the result would lack these phases.
    private func endedScores() throws -> [PhaseScores] {
        do {
            return try directory.files.evaluation().phases
        } catch let error as UserError {
            throw UserError(
                error.kind, error.what, at: error.place,
                advice: "restore the file from a copy, or train the run again in another --out")
        }
    }

    /// Starts where the run that the user named has ended, which rank 0 has read.
    private func begin(with origin: RunOrigin?) throws {
        guard let saved = try RunState(shared: origin?.state, options.world) else { return }
        try state.restore(saved, of: recipe, at: origin?.path ?? "checkpoint")
        try options.world.onFirst { try origin?.hand(over: directory) }
        phases = try sharedScores { origin?.evaluation.phases ?? [] }
        try checkpoint(state)
        log.note("continuing \(origin?.path ?? "") from the end of its phase \(state.phase)")
    }

    /// The scores that rank 0 has.
    private func sharedScores(_ scores: () throws -> [PhaseScores]) throws -> [PhaseScores] {
        let world = options.world
        let own = try world.together { world.isFirst ? RunEvaluation(phases: try scores()) : nil }
        return try world.shared(own)?.phases ?? []
    }

    /// The run that the user names, read before anything is written; nil where a checkpoint will be resumed.
    private static func origin(
        of recipe: Recipe, _ header: RunHeader, _ options: ExperimentOptions
    ) throws -> RunOrigin? {
        let isResumed = options.resume && !RunFiles(path: options.out).states.isEmpty
        guard let path = options.origin, !isResumed else { return nil }
        return try RunOrigin(path, of: recipe, header)
    }

    // MARK: TrainingObserver

    public var isInterrupted: Bool { options.world.isInterrupted(options.isInterrupted()) }

    public func updated(_ state: TrainingState, _ update: Update) throws {
        let isLogged = recipe.log.every > 0 && state.step % recipe.log.every == 0
        if isLogged || update.isAlwaysLogged { try record(row(update.measures)) }
        if let event = update.event {
            try record(row(event.measures, event: event.name, words: event.words))
        }
        let status = status(update.measures)
        log.update(status)
        progress?.update(status)
    }

    public func checkpoint(_ state: TrainingState) throws {
        try directory.saveState(state.stateFile, at: position)
        // The phase that drew them has ended.
        if state.step == 0 && options.world.isFirst { directory.files.removeDraws() }
        if options.isVerbose { log.note("checkpoint of phase \(state.phase + 1), step \(state.step)") }
    }

    public func test(_ state: TrainingState) throws {
        let measures = try Evaluator(recipe, data, state).quickTest()
        lastError = measures[.testError] ?? lastError
        try record(row(measures))
    }

    public func pictured(_ state: TrainingState) throws {
        guard let snapshot = try Evaluator(recipe, data, state).planeSnapshot() else { return }
        try directory.saveSample(snapshot, name: snapshot.fileName)
    }

    public func finished(_ state: TrainingState) throws {
        let length = directory.metrics.offset
        do {
            try finish(state)
        } catch is Interrupted {
            // The checkpoint that is written now is from before these lines, which the resumed run writes again.
            _ = try directory.metrics.truncate(to: length)
            throw Interrupted()
        }
    }

    private func finish(_ state: TrainingState) throws {
        let evaluator = Evaluator(recipe, data, state)
        let isLast = state.phase == recipe.phases.count - 1
        // A probe takes minutes: a run stopped in it goes on here.
        if isLast && !recipe.probe.labels.isEmpty { try checkpoint(state) }
        let (score, predictions) = try evaluator.score(phase: state.phase)
        phases = phases.prefix(state.phase) + [score]
        try directory.saveWeights(state.weightsFile, at: position)
        try writeSamples(evaluator)
        let measures = score.scores.measures.merging(state.training?.counts ?? [:])
        lastError = score.scores[.testError] ?? lastError
        try record(row(measures, event: MetricsRow.phaseEnd))
        log.end()
        log.note(score.summary)
        guard isLast else { return try directory.save(RunEvaluation(phases: phases)) }
        try conclude(evaluator, predictions)
    }

    /// Writes what the last iterate comes to; `result.json` last.
    private func conclude(_ evaluator: Evaluator, _ predictions: Predictions?) throws {
        try directory.save(try evaluator.details(phases, predictions))
        if let predictions {
            try directory.savePredictions(
                probabilities: predictions.probabilities, labels: predictions.labels.map(Int32.init),
                classes: predictions.classes)
        }
        // A result that is made again keeps the command that it was first made by.
        let command = (try? directory.files.result().command) ?? options.command
        var result = RunResult(
            recipe: recipe, header: directory.header, split: data.split, command: command)
        result.add(phases, predictions, heldOut: try evaluator.heldOutPredictions())
        result.seconds = state.seconds.reduce(0, +)
        result.probes = try probes()
        try directory.save(result)
    }

    /// What the recipe's probe finds; nil for a recipe without one.
    private func probes() throws -> [ProbeResult]? {
        guard !recipe.probe.labels.isEmpty else { return nil }
        let subject = try ProbeSubject(state, recipe, data)
        let show: ProbeProgress = { [self] part, done, count in
            try state.checkInterruption()
            let status = ProgressStatus(
                phase: "probe, \(part)", phaseIndex: state.phase, phaseCount: recipe.phases.count,
                step: done, steps: count, lastError: lastError)
            log.update(status)
            progress?.update(status)
        }
        let results = try subject.probe(recipe.probe, progress: show)
        log.end()
        for result in results {
            log.note("probe of \(result.labels) labels: test error \(percentText(result.error))")
        }
        return results
    }

    private func finishRun() throws -> RunResult {
        progress?.remove()
        guard let result = try directory.result() else { return try directory.files.result() }
        return result
    }

    // MARK: Records

    private func record(_ row: MetricsRow) throws {
        try directory.record(row, events)
        if options.isVerbose { log.note(row.text) }
    }

    private var position: RunPosition {
        let kind =
            recipe.phases.indices.contains(state.phase) ? recipe.phases[state.phase].kind : "end"
        return RunPosition(
            phaseIndex: state.phase, phase: kind, step: state.step, seconds: state.seconds.reduce(0, +))
    }

    private func row(_ measures: Measures, event: String? = nil, words: [String: String] = [:]) -> MetricsRow
    {
        let position = position
        return MetricsRow(
            phase: position.phase, phaseIndex: position.phaseIndex, step: position.step,
            time: position.seconds, event: event, values: measures.logged, words: words)
    }

    private func status(_ measures: Measures) -> ProgressStatus {
        let phase = recipe.phases[state.phase]
        return ProgressStatus(
            phase: phase.kind, phaseIndex: state.phase, phaseCount: recipe.phases.count,
            step: state.updates, steps: phase.steps,
            losses: Metric.progress.compactMap { metric in
                metric.name(at: .progress).flatMap { name in measures[metric].map { (name, $0) } }
            },
            gateAccuracy: measures[.accuracyGate], lastError: lastError)
    }

    private func writeSamples(_ evaluator: Evaluator) throws {
        if let grids = try evaluator.planeGrids() {
            try pictured(state)
            return try directory.saveSample(grids, name: "densities.json")
        }
        let phase = recipe.phases[state.phase]
        guard let samples = try state.training?.pictures ?? samples(of: phase.settings) else { return }
        try directory.saveSample(name: "\(state.phase)-\(phase.kind).jpg") { path in
            let grid = SampleGrid(
                backend.floats(samples), height: data.extents[0], width: data.extents[1],
                channels: data.extents[2])
            try grid.picture.write(to: path)
        }
    }

    /// Samples of what the phase has trained to draw them; nil for a phase that trains nothing of the kind.
    private func samples(of phase: any PhaseSettings) throws -> Tensor? {
        try phase.drawsSamples ? state.samples(64) : nil
    }
}
