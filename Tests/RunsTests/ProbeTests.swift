import Datasets
import Foundation
import Probes
import System
import Tensors
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// An untrained network on generated images of four classes, probed.
private let untrained = """
    method = "random-init"
    name = "untrained"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    labels = 0
    train = 200
    test = 60
    validation = 16
    [energy]
    base = "none"
    head = "plain"
    network = "four-layer"
    classes = 4
    width = 0.125
    [probe]
    labels = [20, 0]
    draws = 3
    hold-out = 40
    [[phase]]
    kind = "supervised"
    steps = 0

    """

@Suite("Probes of runs") struct ProbeTests {
    private func subject(_ overrides: String...) throws -> ProbeSubject {
        let recipe = try Recipe.parse(untrained, file: "untrained.toml", overrides: overrides)
        return try ProbeSubject(
            untrained: recipe, ExperimentData(recipe),
            backend: try Device.cpu.open(threads: 1, precision: .float32))
    }

    private func settings() throws -> ProbePlan { try Recipe.parse(untrained).probe }

    @Test("Kept features are found, equal to fresh ones, and other weights' are others")
    func cache() throws {
        try withScratch { folder in
            let fresh = try subject().probe(try settings())
            var parts: [String] = []
            func probed(_ subject: ProbeSubject) throws -> [ProbeResult] {
                parts = []
                return try subject.probe(
                    try settings(), cache: folder, progress: { part, _, _ in parts.append(part) })
            }
            #expect(try probed(subject()) == fresh && parts.contains("features, train"))
            #expect(try probed(subject()) == fresh && !parts.contains("features, train"))
            #expect(try files(folder).count == 2)
            #expect(try probed(subject("seed=2")) != fresh && parts.contains("features, train"))
            #expect(try files(folder).count == 4)
        }
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test("A damaged file of features is replaced with a warning", arguments: [0, 7, 500, -1])
    func damagedCache(length: Int) throws {
        try withScratch { folder in
            let fresh = try subject().probe(try settings(), cache: folder)
            let whole = try files(folder).map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
            }
            for (name, bytes) in zip(try files(folder), whole) {
                let part = length < 0 ? bytes.dropLast() : bytes.prefix(length)
                try part.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            var warnings: [String] = []
            let again = try subject().probe(try settings(), cache: folder, warn: { warnings.append($0) })
            #expect(again == fresh && warnings.count == 2)
            #expect(warnings.allSatisfy { $0.contains("computing the features anew") && !$0.contains("\n") })
            #expect(
                try files(folder).map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
                    == whole)
        }
    }

    @Test("A probe ends where its observer throws, and leaves nothing half written")
    func interruption() throws {
        try withScratch { folder in
            let settings = try settings()
            let subject = try subject()
            let stopping: ProbeProgress = { _, _, _ in throw Interrupted() }
            #expect(throws: Interrupted.self) {
                try subject.probe(settings, cache: folder, progress: stopping)
            }
            #expect(try files(folder) == [])
        }
    }

    @Test("A recipe with a probe is probed after its last phase, an untrained network too")
    func recipe() throws {
        try withScratch { folder in
            let recipe = try Recipe.parse(untrained, file: "untrained.toml")
            var options = ExperimentOptions(out: folder + "/run")
            options.threads = 1
            let result = try #require(
                try Experiment(recipe, options, log: ProgressLog(quiet: true)).run())
            let probes = try #require(result.probes)
            #expect(probes == (try subject().probe(recipe.probe)))
            #expect(probes.map(\.labels) == [20, 160] && probes.map(\.errors.count) == [3, 1])
            #expect(probes.allSatisfy { $0.network == .randomInit && $0.features == 16 * (8 + 16) + 4 * 32 })
            let stored = try RunFiles(path: folder + "/run").result()
            #expect(stored == result)
            // What a run finds after its training can be asked again.
            let run = try LoadedRun(at: folder + "/run", threads: 1)
            let again = try ProbeSubject(run.state, run.recipe, run.data()).probe(recipe.probe)
            #expect(again == probes)
        }
    }

    @Test("Results of other questions stay, and one asked again is replaced")
    func record() throws {
        try withScratch { folder in
            let run = RunFiles(path: folder)
            func result(_ labels: Int, _ error: Double, _ network: ProbeResult.Network = .trained)
                -> ProbeResult
            {
                ProbeResult(
                    network: network, classifier: "svm", layers: ["conv1"], features: 8, labels: labels,
                    holdOut: 4, cost: 1e-3, heldOutError: 0.5, errors: [error, error + 0.1])
            }
            try run.keep([result(100, 0.5), result(20, 0.7)], recipeHash: "a")
            try run.keep([result(100, 0.4), result(100, 0.6, .randomInit)], recipeHash: "a")
            let kept = try run.probes().results
            #expect(kept.map(\.labels) == [20, 100, 100] && kept.map { $0.errors[0] } == [0.7, 0.4, 0.6])
            try run.keep([result(10, 0.1)], recipeHash: "b")
            #expect(try run.probes().results.map(\.labels) == [10])
            let one = kept[1]
            #expect(abs(one.error - 0.45) < 1e-12 && abs((one.deviation ?? 0) - 0.0707107) < 1e-6)
            #expect(abs((one.interval?.low ?? 0) - (0.45 - 1.96 * 0.0707107)) < 1e-6)
        }
    }

    @Test(arguments: [
        ("labels = [20, 0]", "", "probe.labels"), ("labels = [20, 0]", "labels = [20, 20]", "twice"),
        ("draws = 3", "draws = 0", "probe.draws"), ("draws = 3", "layers = []", "probe.layers"),
        ("draws = 3", "classifier = \"tree\"", "svm"), ("steps = 0", "steps = 1", "random-init"),
        ("\"random-init\"", "\"supervised\"", "labels"),
        ("labels = 0", "labels = 4\nall-labels = true", "all-labels"),
    ])
    func whatIsWrongIsSaid(old: String, new: String, what: String) throws {
        let text = untrained.replacing(old, with: new, maxReplacements: 1)
        let error = #expect(throws: UserError.self) { try Recipe.parse(text) }
        #expect(
            error?.kind == .recipe && error?.description.contains(what) == true, "\(error?.description ?? "")"
        )
    }

    @Test("All labels are all images that are not held out")
    func allLabels() throws {
        let recipe = try Recipe.parse(
            untrained.replacing("\"random-init\"", with: "\"supervised\"").replacing(
                "steps = 0", with: "steps = 1"),
            overrides: ["data.all-labels=true"])
        let split = try ExperimentData(recipe).split
        #expect(split.labelled.count == 184 && Set(split.labelled).isDisjoint(with: split.validation))
        #expect(split.rule.contains("all labels"))
    }

    @Test("A table of numbers of labels has a row for each, and one for a recipe without labels")
    func tableOfLabels() throws {
        try withScratch { folder in
            try write(untrained, to: "\(folder)/untrained.toml")
            let supervised = untrained.replacing("\"random-init\"", with: "\"supervised\"")
                .replacing("labels = 0", with: "labels = 8").replacing("steps = 0", with: "steps = 1")
                .replacing("\"untrained\"", with: "\"toy/trained\"")
            try write(supervised, to: "\(folder)/trained.toml")
            try write(
                "title = \"T\"\nseeds = [1]\nlabels = [8, 40, 0]\nrecipes = [\"trained.toml\", \"untrained.toml\"]\n",
                to: "\(folder)/table-labels.toml")
            let cells = try TableCells(TableFile.load("\(folder)/table-labels.toml"), TableOptions())
            #expect(
                cells.recipes.map(\.name) == [
                    "toy/trained-8", "toy/trained-40", "toy/trained-all", "untrained",
                ])
            #expect(cells.recipes.map(\.data.labels) == [8, 40, 0, 0])
            #expect(cells.recipes.map(\.data.allLabels) == [false, false, true, false])
            #expect(try DataIdentity.read(cells).splitRule == nil)
            // A worker that is told so trains the same recipe.
            for cell in cells.cells {
                let worker = try Recipe.load(cell.file, overrides: cell.overrides + ["seed=1"])
                #expect(worker.hash == cell.recipe.hash && worker.name == cell.recipe.name)
                let words = cell.arguments(TableOptions(), flowPerSeed: false, origin: nil)
                #expect(words.count { $0 == "--set" } == cell.overrides.count)
            }
        }
    }
}
