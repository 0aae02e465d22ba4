import Datasets
import Evaluation
import Foundation
import Recipes
import Reports
import Runs
import Synchronization
import System
import Tensors
import Training

/// A small finished run, of which a fuzzer replaces one file.
final class SampleRun: Sendable {
    private static let recipe = """
        method = "fce"
        name = "sample"
        precision = "float32"
        [data]
        source = "plane"
        density = "eight-gaussians"
        train = 64
        test = 16
        [flow]
        kind = "plane"
        couplings = 2
        width = 4
        [energy]
        network = "mlp"
        base = "moving"
        classes = 1
        width = 0.0625
        [log]
        every = 1
        [checkpoint]
        every = 1
        [[phase]]
        kind = "flow-mle"
        steps = 4
        batch = 8
        [[phase]]
        kind = "joint"
        steps = 4
        batch = 8
        guard = 1000
        gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }
        [evaluate]
        snapshots = 2

        """

    let files: RunFiles
    private let recipe: Recipe
    private let data: ExperimentData
    private let backend: any Backend
    private let header: RunHeader

    /// Trains the run in a new folder.
    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fce-sample-\(UUID().uuidString)")
            .path
        recipe = try Recipe.parse(Self.recipe, file: "sample.toml")
        var options = ExperimentOptions(out: "\(folder)/seed-1")
        options.threads = 1
        let experiment = try Experiment(recipe, options, log: ProgressLog(quiet: true))
        _ = try experiment.run()
        files = RunFiles(path: options.out)
        (data, backend, header) = (experiment.data, experiment.backend, experiment.directory.header)
    }

    deinit { try? FileManager.default.removeItem(atPath: Files.split(files.path).folder) }

    /// Goes on with the run from a full checkpoint, up to its first update.
    func resume(from path: String) throws {
        let saved = try RunState(
            path: path, name: Files.split(path).name, recipeHash: recipe.hash, dataSHA256: header.data.sha256)
        let state = newState()
        try state.restore(saved, of: recipe, at: path)
        let observer = Stopping()
        do {
            try Trainer(recipe, data, state, observer: observer).run()
        } catch is Interrupted {}
    }

    /// Reads weights as evaluation does.
    func load(weights path: String) throws {
        try newState().restoreWeights(try SafetensorsFile(path: path), of: recipe, at: path)
    }

    /// Shows the run with the file at `path` in the place of its own.
    func show(_ path: String, as place: String) throws {
        let own = files.file(place)
        Files.remove(own)
        symlink(path, own)
        let result = try files.result()
        _ = try ResultsTable([result]).json()
        _ = try RunSighting(files, host: "here")
        let content = try ReportContent(files)
        _ = content.metrics.map { metrics in metrics.keys.map(metrics.column) }
        _ = HTMLReport(content).html
    }

    private func newState() -> TrainingState {
        TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
    }

    private final class Stopping: TrainingObserver {
        var isInterrupted: Bool { true }
        func updated(_ state: TrainingState, _ update: Update) {}
        func checkpoint(_ state: TrainingState) {}
        func test(_ state: TrainingState) {}
        func pictured(_ state: TrainingState) {}
        func finished(_ state: TrainingState) {}
    }
}

/// A run that is trained when it is first asked for.
final class LateRun: Sendable {
    private let run = Mutex<SampleRun?>(nil)

    func get() throws -> SampleRun {
        try run.withLock { run in
            let made = try run ?? SampleRun()
            run = made
            return made
        }
    }
}
