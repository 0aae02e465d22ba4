import Datasets
import EnergyModels
import Gradients
import Networks
import Scores
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

/// A critic and a generator of tiny networks on generated images.
private let recipe = """
    method = "dcgan"
    precision = "float32"
    [data]
    source = "synthetic"
    size = 16
    channels = 1
    train = 96
    test = 16
    validation = 16
    [energy]
    base = "none"
    head = "plain"
    normalization = "none"
    network = "four-layer"
    classes = 1
    width = 0.125
    [generator]
    width = 0.03125
    latent = 16
    [[phase]]
    kind = "adversarial"
    loss = "non-saturating"
    steps = 40
    batch = 32
    optimizer = { kind = "adam", rate = 1e-3, beta1 = 0.5 }
    generator-optimizer = { kind = "adam", rate = 3e-3, beta1 = 0.5 }

    """

/// A method with what its recipe sets.
private struct Row: Sendable, CustomTestStringConvertible {
    let method: String
    let loss: String
    let overrides: [String]

    var testDescription: String { method }
    var all: [String] { ["method=\"\(method)\"", "phase.1.loss=\"\(loss)\""] + overrides }
}

private let rows = [
    Row(
        method: "dcgan", loss: "non-saturating",
        overrides: ["energy.normalization=\"batch-after-first\""]),
    Row(method: "wgan", loss: "wasserstein", overrides: ["phase.1.weight-clip=0.05"]),
    Row(method: "wgan-gp", loss: "gradient-penalty", overrides: []),
    Row(method: "sn-gan", loss: "hinge", overrides: ["energy.normalization=\"spectral\""]),
    Row(
        method: "ddgm", loss: "deep-directed",
        overrides: ["energy.head=\"experts\"", "energy.experts=8", "energy.normalization=\"weight\""]),
    Row(
        method: "mmd-gan", loss: "repulsive",
        overrides: ["energy.outputs=4", "energy.normalization=\"spectral\""]),
]

@Suite("Adversarial phase") struct AdversarialPhaseTests {
    private func train(_ overrides: [String]) throws -> (TrainingState, Recorder) {
        let recipe = try Recipe.parse(recipe, file: "critic.toml", overrides: overrides)
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try Device.cpu.open(threads: 2, precision: .float32))
        let recorder = Recorder()
        try Trainer(recipe, data, state, observer: recorder).run()
        return (state, recorder)
    }

    private let stillGenerator = "phase.1.generator-optimizer.rate=1e-12"
    private let stillCritic = "phase.1.optimizer.rate=1e-12"

    @Test("A critic learns to tell images from those of a generator that stands still", arguments: rows)
    private func critic(_ row: Row) throws {
        let rate = row.method == "mmd-gan" ? ["phase.1.optimizer.rate=1e-2"] : []
        let (state, log) = try train(row.all + rate + [stillGenerator])
        #expect(log.mean("criticLoss", 35..<40) < log.mean("criticLoss", 0..<5))
        #expect(state.sampler != nil && state.flow == nil)
        #expect(log.rows.allSatisfy { $0["generatorGradNorm"]! > 0 && $0["gradNorm"]! > 0 })
    }

    @Test("A generator lowers its loss against a critic that stands still", arguments: rows)
    private func generator(_ row: Row) throws {
        let (_, log) = try train(row.all + [stillCritic])
        #expect(log.mean("generatorLoss", 35..<40) < log.mean("generatorLoss", 0..<5))
    }

    @Test("Every method logs its own figures")
    func measures() throws {
        let own: [String: Set<String>] = [
            "wgan": ["clipped"], "wgan-gp": ["penalty", "inputGradient"], "ddgm": ["generatorEntropy"],
        ]
        let common: Set = [
            "criticLoss", "generatorLoss", "gradNorm", "generatorGradNorm", "rate", "generatorRate",
        ]
        for row in rows {
            let (_, log) = try train(row.all + ["phase.1.steps=1"])
            let expected = common.union(own[row.method] ?? [])
            #expect(Set(try #require(log.rows.first).keys) == expected, "\(row.method)")
        }
    }

    @Test("The penalty pulls the critic's gradient to length 1")
    func penalty() throws {
        let (_, log) = try train(
            rows[2].all + [stillGenerator, "phase.1.steps=150", "phase.1.penalty-weight=100"])
        let start = abs(log.mean("inputGradient", 0..<5) - 1)
        #expect(start > 0.2)
        #expect(abs(log.mean("inputGradient", 140..<150) - 1) < start / 2)
    }

    @Test("Clipped weights stay within the bound, running averages do not")
    func clipping() throws {
        let (state, _) = try train(
            rows[1].all + ["phase.1.weight-clip=0.01", "energy.normalization=\"batch-after-first\""])
        let store = try #require(state.energy?.store)
        let largest = { (names: [String]) in
            names.flatMap { store.backend.doubles(store[$0]) }.map(abs).max() ?? 0
        }
        #expect(largest(store.trainedNames) <= 0.010_000_01)
        #expect(largest(store.names.filter { $0.hasSuffix(".variance") }) > 0.01)
    }

    @Test("The critic is updated as often as asked, on images of its own each time")
    func criticSteps() throws {
        let few = ["phase.1.steps=2", stillGenerator, stillCritic]
        let (_, once) = try train(few)
        let (_, thrice) = try train(few + ["phase.1.critic-steps=3"])
        let values = (once.rows + thrice.rows).map { $0["criticLoss"]! }
        // Updates 0 and 1 of one, 2 and 5 of the other.
        #expect(Set(values.map { ($0 * 1e6).rounded() }).count == 4)
    }

    @Test(
        "The generator's update leaves the critic alone, statistics and singular vectors too",
        arguments: [0, 3])
    func opponent(_ index: Int) throws {
        let (state, _) = try train(rows[index].all + ["phase.1.steps=1"])
        let recipe = try Recipe.parse(recipe, file: "critic.toml", overrides: rows[index].all)
        let data = try ExperimentData(recipe)
        let energy = try #require(state.energy)
        let before = state.backend.floats(energy.store.values)
        state.phase = 0
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
        let update = GeneratorUpdate(
            context, energy: energy, generator: try #require(state.generator), .adversarial,
            comparesWithData: false)
        update.start()
        let measures = update { players in energy.logits(players.samples, players.opponent).mean() }
        #expect(measures[.generatorGradNorm]! > 0)
        #expect(state.backend.floats(energy.store.values) == before)
    }

    @Test(
        "A loss that is not finite stops the run",
        arguments: ["phase.1.optimizer.rate=1e30", "phase.1.generator-optimizer.rate=1e30"])
    func divergence(_ override: String) throws {
        let error = #expect(throws: UserError.self) { try train([override, "phase.1.critic-steps=3"]) }
        #expect(error?.kind == .diverged)
        #expect(error?.place?.hasPrefix("phase 1 (adversarial), step ") == true)
    }

    @Test(
        "Recipes of a critic that contradict themselves are errors with a place",
        arguments: [
            ("classes = 1", "classes = 2", "critic.toml:21"),
            ("train = 96", "train = 96\nlabels = 2", "critic.toml:8"),
            ("base = \"none\"", "base = \"flow\"", "critic.toml:11"),
            ("head = \"plain\"", "head = \"gain\"", "critic.toml:12"),
            ("size = 16", "size = 20", "critic.toml:5"),
            ("non-saturating", "hinge", "critic.toml:1"),
            ("batch = 32", "weight-clip = 0.1", "critic.toml:24"),
            ("batch = 32", "value-weight = 0.1", "critic.toml:24"),
            ("classes = 1", "classes = 1\noutputs = 4", "critic.toml:16"),
            ("kind = \"adam\", rate = 1e-3", "kind = \"rmsprop\", rate = 1e-3", "critic.toml:25"),
        ])
    func contradictions(old: String, new: String, place: String) {
        #expect(recipe.contains(old))
        let text = recipe.replacing(old, with: new, maxReplacements: 1)
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(text, file: "critic.toml", overrides: ["flow.levels=2"])
        }
        #expect(error?.kind == .recipe)
        #expect(error?.place == place, "\(error?.what ?? "")")
    }

    @Test(
        "A method's own conditions are errors too",
        arguments: [
            (2, "energy.normalization=\"batch\""), (2, "input.standardize=true"),
            (4, "energy.head=\"plain\""),
            (4, "energy.classes=2"), (5, "phase.1.batch=1"),
        ])
    func conditions(index: Int, override: String) {
        let key = String(override.prefix { $0 != "=" })
        let others = rows[index].all.filter {
            !$0.hasPrefix(key) && (key != "energy.head" || !$0.contains("experts"))
        }
        #expect(throws: Never.self) { try Recipe.parse(recipe, overrides: rows[index].all) }
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(recipe, file: "critic.toml", overrides: others + [override])
        }
        #expect(error?.kind == .recipe)
    }

    @Test("Batch statistics are for classifiers and critics alone, outputs for critics")
    func elsewhere() {
        for override in ["energy.normalization=\"batch-after-first\"", "energy.outputs=2"] {
            #expect(throws: UserError.self) { try Recipe.parse(smallRecipe, overrides: [override]) }
        }
        for override in ["energy.normalization=\"none\"", "energy.normalization=\"spectral\""] {
            #expect(throws: Never.self) { try Recipe.parse(smallRecipe, overrides: [override]) }
        }
    }

    @Test("Costs count every update of the critic, and the penalty's passes")
    func arithmetic() throws {
        func cost(_ row: Row, _ more: String...) throws -> Double {
            let recipe = try Recipe.parse(recipe, overrides: row.all + more)
            return recipe.operations(of: recipe.phases[0], extents: recipe.extents)
        }
        let (once, twice) = (try cost(rows[1]), try cost(rows[1], "phase.1.critic-steps=2"))
        let thrice = try cost(rows[1], "phase.1.critic-steps=3")
        #expect(once > 0 && twice > once)
        expectClose([thrice - twice], [twice - once], relative: 1e-12)
        #expect(try cost(rows[2]) > once)
    }

    @Test("Defaults are DCGAN's rates and the papers' constants")
    func defaults() {
        let phase = AdversarialPhase.Settings()
        for optimizer in [phase.optimizer, phase.generatorOptimizer] {
            #expect(optimizer.kind == .adam && optimizer.rate == 2e-4 && optimizer.beta1 == 0.5)
        }
        #expect(phase.criticSteps == 1 && phase.weightClip == 0.01 && phase.penaltyWeight == 10)
    }
}
