import Datasets
import Flows
import Foundation
import Networks
import Probes
import Scores
import Synchronization
import System
import Tensors
import TestSupport
import Testing

@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

/// Every long kind of work in miniature: a pool that is drawn twice, stored densities, tests and pictures on the way.
private let recipeText = """
    method = "fce"
    name = "stopped"
    precision = "float32"
    [data]
    source = "plane"
    density = "moons"
    labels = 8
    train = 320
    test = 260
    validation = 16
    [flow]
    kind = "plane"
    couplings = 2
    width = 4
    [energy]
    base = "none"
    classes = 2
    network = "mlp"
    width = 0.0625
    [evaluate]
    every = 2
    snapshots = 2
    [log]
    every = 1
    [[phase]]
    kind = "flow-mle"
    steps = 3
    batch = 8
    [[phase]]
    kind = "energy"
    steps = 6
    batch = 64
    labelled-batch = 8
    pool = 256
    pool-uses = 1
    draws = 2
    [[phase]]
    kind = "joint"
    steps = 2
    batch = 8
    labelled-batch = 8
    guard = 1000
    gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }

    """

/// A small autoencoder of images.
private let autoencoder =
    RecipePart.images("vae", labels: 0, train: 96, test: 260, validation: 16) + RecipePart.critic()
    + RecipePart.generator + RecipePart.phase("vae", steps: 6, batch: 16)

/// Answers no but once.
private final class Polls: Sendable {
    private let count = Atomic(0)
    private let last: Int

    /// - Parameter last: the question that is answered by yes.
    init(until last: Int = .max) { self.last = last }

    var asked: Int { count.load(ordering: .relaxed) }
    func isInterrupted() -> Bool { count.add(1, ordering: .relaxed).newValue == last }
}

@Suite("Stopped runs") struct StoppedRunTests {
    /// Runs the recipe in `folder` until it ends or the poll `last` stops it.
    @discardableResult
    private func run(_ folder: String, stoppedAt last: Int = .max, text: String = recipeText) throws -> Int {
        var options = ExperimentOptions(out: folder)
        (options.resume, options.threads) = (true, 1)
        let polls = Polls(until: last)
        options.isInterrupted = { polls.isInterrupted() }
        let recipe = try Recipe.parse(text, file: "stopped.toml")
        do {
            _ = try Experiment(recipe, options, log: ProgressLog(quiet: true)).run()
        } catch is Interrupted {
            #expect(polls.asked == last, "nothing asks again after an interruption")
        }
        return polls.asked
    }

    /// What the run has found, without times.
    private func outcome(_ folder: String) throws -> (
        metrics: [MetricsRow], weights: [String: SafetensorsFile]
    ) {
        let files = RunFiles(path: folder)
        let metrics = try files.metrics().rows.map {
            var row = $0
            row.time = 0
            return row
        }
        let names = try Files.list(files.checkpoints).filter { $0.hasPrefix("weights") }
        var weights: [String: SafetensorsFile] = [:]
        for name in names {
            var file = try SafetensorsFile(path: "\(files.checkpoints)/\(name)")
            file.metadata["seconds"] = nil
            weights[name] = file
        }
        return (metrics, weights)
    }

    @Test("Wherever a run is stopped, it ends in the same numbers")
    func everyPoll() throws {
        try withScratch { folder in
            let polls = try run("\(folder)/whole")
            let whole = try outcome("\(folder)/whole")
            #expect(polls > 60 && whole.weights.count == 3)
            // The first and last questions and a sample of those between: starts, pools, tests, scores and the probe.
            for last in stride(from: 1, through: polls, by: 11) {
                let stopped = "\(folder)/stopped-\(last)"
                try run(stopped, stoppedAt: last)
                #expect(
                    !Files.exists("\(stopped)/result.json"), "poll \(last) of \(polls) does not stop the run")
                try run(stopped)
                let outcome = try outcome(stopped)
                #expect(outcome.metrics == whole.metrics, "metrics after poll \(last)")
                #expect(outcome.weights == whole.weights, "weights after poll \(last)")
                #expect(!Files.exists("\(stopped)/draws"), "draws are left after poll \(last)")
            }
        }
    }

    @Test("Every long piece of work looks for a signal", arguments: Work.allCases)
    func polled(_ work: Work) throws {
        let polls = Polls()
        try work.run { polls.isInterrupted() }
        #expect(polls.asked >= work.least)
        #expect(throws: Interrupted.self) { try work.run { true } }
    }

    enum Work: String, CaseIterable, CustomTestStringConvertible {
        case samples, densities, classes, agreement, bound, picture, pool, draws, svm, logistic

        var testDescription: String { rawValue }

        /// The least number of questions: one for each pass or chunk of the work below.
        var least: Int {
            switch self {
            case .samples, .classes, .pool, .agreement, .picture: 2
            case .densities, .draws: 4
            case .bound: 32
            case .svm, .logistic: 3
            }
        }

        func run(_ isInterrupted: @escaping () -> Bool) throws {
            switch self {
            case .bound: return try bound(isInterrupted)
            case .svm, .logistic: return try probe(isInterrupted)
            default: break
            }
            let recipe = try Recipe.parse(recipeText, file: "stopped.toml")
            let (data, state) = try models(recipe)
            state.isInterrupted = isInterrupted
            let evaluator = Evaluator(recipe, data, state)
            let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 1)
            let flow = try context.flow()
            switch self {
            case .samples: _ = try state.samples(260)
            case .densities: _ = try evaluator.densities(of: data.test, Array(0..<260))
            case .classes: _ = try evaluator.probabilities(of: data.test, Array(0..<260))
            case .agreement: _ = try state.flowAgreement(samples: 260, seed: 1)
            case .pool: _ = try SamplePool(flow, context, size: 256, uses: 1).batch(64, step: 0)
            case .draws: try CachedDraws(context, flow: flow, draws: 2).fill()
            case .picture: _ = try evaluator.planeSnapshot(size: 4)
            case .bound, .svm, .logistic: break
            }
        }

        /// Models that count as trained.
        private func models(_ recipe: Recipe) throws -> (ExperimentData, TrainingState) {
            let data = try ExperimentData(recipe)
            let state = TrainingState(
                recipe, extents: data.extents, images: data.train.count,
                backend: try Device.cpu.open(threads: 1, precision: .float32))
            (state.flowIsInitialized, state.energyIsInitialized) = (true, true)
            return (data, state)
        }

        private func bound(_ isInterrupted: @escaping () -> Bool) throws {
            let recipe = try Recipe.parse(autoencoder, file: "vae.toml")
            let (data, state) = try models(recipe)
            for companion in state.companions { state.initializeCompanion(companion.name) {} }
            state.isInterrupted = isInterrupted
            let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
            let bound = try VAEPhase.boundBitsPerDimension(context, of: data.test, Array(0..<260))
            #expect(bound != nil)
        }

        private func probe(_ isInterrupted: () -> Bool) throws {
            let backend = try Device.cpu.open(threads: 1, precision: .float32)
            let x = backend.uniform([12, 3], from: -1, to: 1, key: RandomKey(seed: 1, purpose: .noise))
            let method: LinearMethod = self == .svm ? .svm : .logistic
            let problem = method.problem(
                x, labels: (0..<12).map { $0 % 3 }, classes: 3, backend: backend)
            _ = try problem.solve(cost: 1) { if isInterrupted() { throw Interrupted() } }
        }
    }
}

@Suite("Draws that are kept") struct KeptDrawsTests {
    /// Chunks of four numbers each, their number first, and how many had to be drawn.
    private func drawn(_ folder: String?, _ details: String = "a", stopAfter: Int = .max, flowSeed: Int = 0)
        throws -> (values: [Double], draws: Int)
    {
        var recipe = try Recipe.parse(recipeText, file: "stopped.toml")
        recipe.flow.seed = flowSeed
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try Device.cpu.open(threads: 1, precision: .float32))
        state.draws = folder
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 1)
        let kept = try KeptDraws("numbers", details, of: try context.flow(), context)
        var (values, draws) = ([Double](), 0)
        for number in 0..<5 where number < stopAfter {
            let chunk = try kept.next([([2], .float32), ([2], .float64)]) {
                draws += 1
                let value = Double(number) + 1.0 / 3
                return [
                    state.backend.tensor([Float(value), 1], [2], .float32),
                    state.backend.tensor([value, 2], [2], .float64),
                ]
            }
            values += state.backend.doubles(chunk[0]) + state.backend.doubles(chunk[1])
        }
        return (values, draws)
    }

    @Test("What was drawn is read again, to the last bit")
    func resumed() throws {
        try withScratch { folder in
            let whole = try drawn(nil)
            #expect(whole.draws == 5)
            #expect(try drawn("\(folder)/draws", stopAfter: 3).draws == 3)
            let rest = try drawn("\(folder)/draws")
            #expect(rest.draws == 2 && rest.values == whole.values)
            #expect(try drawn("\(folder)/draws").draws == 0)
        }
    }

    @Test("Draws of another kind or of another flow are not taken")
    func others() throws {
        try withScratch { folder in
            _ = try drawn(folder)
            #expect(try drawn(folder, "b").draws == 5)
            #expect(try drawn(folder, "b", flowSeed: 1).draws == 5)
        }
    }

    @Test("A damaged chunk is drawn again, and all that follow it", arguments: [0, 1, 4])
    func damaged(chunk: Int) throws {
        try withScratch { folder in
            let whole = try drawn(folder)
            let path = "\(folder)/1-numbers"
            var bytes = try Files.read(path)
            // A chunk is its digest and 24 bytes; the last of them changes.
            bytes[64 + chunk * 88 + 87] ^= 1
            try Files.write(bytes, to: path)
            let again = try drawn(folder)
            #expect(again.draws == 5 - chunk && again.values == whole.values)
            #expect(try Files.read(path).count == 64 + 5 * 88)
        }
    }

    @Test("A file that ends within a chunk is continued after the last whole one")
    func torn() throws {
        try withScratch { folder in
            let whole = try drawn(folder)
            let path = "\(folder)/1-numbers"
            try Files.write(Array(try Files.read(path).prefix(64 + 2 * 88 + 70)), to: path)
            let again = try drawn(folder)
            #expect(again.draws == 3 && again.values == whole.values)
        }
    }
}
