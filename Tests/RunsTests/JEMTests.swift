import Datasets
import EnergyModels
import Foundation
import Gradients
import Networks
import Scores
import System
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

private let text = """
    method = "jem"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    labels = 8
    train = 64
    test = 16
    validation = 8
    [energy]
    network = "four-layer"
    base = "none"
    head = "plain"
    classes = 4
    width = 0.05
    [log]
    every = 1
    [[phase]]
    kind = "jem"
    steps = 6
    batch = 8
    labelled-batch = 4
    density-weight = 0.5
    chains = { start = "persistent", steps = 3, buffer = 40 }

    """

/// A run that stops before update `limit`, and goes on from a saved state.
private struct Run {
    let recipe: Recipe
    let data: ExperimentData
    let state: TrainingState
    let log: Recorder

    init(_ overrides: [String] = [], from saved: RunState? = nil, until limit: Int = .max) throws {
        recipe = try Recipe.parse(text, file: "jem.toml", overrides: overrides)
        data = try ExperimentData(recipe)
        state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try Device.standard.open(threads: 1, precision: .float32))
        log = Recorder(limit: limit)
        if let saved { try state.restore(saved, of: recipe, at: "here") }
        do { try Trainer(recipe, data, state, observer: log).run() } catch is Interrupted {}
    }

    var saved: RunState {
        let position = RunPosition(phaseIndex: state.phase, phase: "", step: state.step, seconds: 0)
        return RunState(position: position, file: state.stateFile, metricsOffset: 0, name: "state")
    }
}

@Suite("JEM") struct JEMTests {
    @Test("A run from a checkpoint ends bit for bit like one without a stop")
    func resume() throws {
        let whole = try Run()
        let first = try Run(until: 4)
        #expect(first.log.rows.count == 4)
        #expect(first.state.stateFile.tensors["chains"]?.shape == [40, 16, 16, 1])
        let second = try Run(from: first.saved)
        #expect(second.log.rows == Array(whole.log.rows.suffix(2)))
        let (a, b) = (second.state.stateFile.tensors, whole.state.stateFile.tensors)
        for (name, tensor) in b where a[name] != tensor { Issue.record("\(name) differs") }
    }

    /// The first update's numbers from the models as they start: labels by hand, f as log Σ_k ¼ exp(f_k).
    @Test func theFirstUpdateMeasuresTheStart() throws {
        let recipe = try Recipe.parse(text, file: "jem.toml")
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: ReferenceBackend())
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
        let phase = try context.phase.makePhase(context)
        try phase.start()
        let energy = try #require(state.energy)
        func logits(_ images: [Float], _ count: Int) -> [Double] {
            let pass = Pass.inference(energy.store)
            let x = context.images(images)
            return state.backend.doubles(energy.logits(pass.constant(x), pass).value)
        }
        func logSumExp(_ row: ArraySlice<Double>) -> Double { log(row.reduce(0) { $0 + exp($1) }) }
        let unlabelled = context.stream(data.split.unlabelled, batch: 8, .unlabelled, start: 0).batch(0)
        let f = logits(unlabelled.images, 8)
        var fData = -log(4.0)
        for row in 0..<8 { fData += logSumExp(f[4 * row..<4 * row + 4]) / 8 }
        let labelled = context.stream(data.split.labelled, batch: 4, .labelled, start: 0).batch(0)
        let own = logits(labelled.images, 4)
        var crossEntropy = 0.0
        for (row, label) in labelled.labels.enumerated() {
            let logits = own[4 * row..<4 * row + 4]
            crossEntropy += (logSumExp(logits) - logits[4 * row + label]) / 4
        }
        let measures = try phase.update().measures
        expectClose([try #require(measures[.fData])], [fData], relative: 1e-9, "f on data")
        expectClose([try #require(measures[.labelLoss])], [crossEntropy], relative: 1e-9, "labels")
        #expect(measures[.gap] == measures[.fData]! - measures[.fChains]!)
    }

    @Test(arguments: [
        ("phase.1.chains={start='data'}", "set phase.1.chains.start = \"persistent\""),
        ("phase.1.chains.buffer=4", "set phase.1.chains.buffer = 8 or more"),
        ("energy.head=gain", "energy.head = \"plain\""), ("method=supervised", "method"),
        ("entropy.weight=1", "set entropy.weight = 0"),
    ])
    func contradictionsAreRefused(change: String, advice: String) throws {
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(text, file: "jem.toml", overrides: [change])
        }
        #expect("\(try #require(error))".contains(advice))
    }

    @Test func chainsThatLeaveTheEnergyEndTheRun() throws {
        let error = #expect(throws: UserError.self) { try Run(["phase.1.chains.guard=1e-9"]) }
        #expect(error?.kind == .diverged && error?.place == "phase 1 (jem), step 1")
    }

    /// Labels alone, with chains weighed by nothing, train the classifier.
    @Test func withoutDensityItIsAClassifier() throws {
        let run = try Run(["phase.1.density-weight=0", "phase.1.steps=40", "phase.1.optimizer.rate=1e-2"])
        #expect(run.log.mean("labelLoss", 35..<40) < run.log.mean("labelLoss", 0..<5) - 0.3)
    }
}
