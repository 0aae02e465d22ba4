import EnergyModels
import Flows
import Foundation
import Networks
import Schemas
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

/// Every recipe of the package, relative to its folder of recipes; tables of them are named table-…, parts of recipes
/// …-base.
private let files =
    FileManager.default.enumerator(atPath: "\(package)/Recipes")?
    .compactMap { $0 as? String }
    .filter { $0.hasSuffix(".toml") && !$0.contains("/table-") && !$0.hasSuffix("-base.toml") }.sorted() ?? []

@Suite struct RecipeFormTests {
    @Test func canonicalFormIsStable() throws {
        let recipe = try Recipe.parse(smallRecipe, file: "tests/small.toml")
        let expected = try String(contentsOfFile: golden("recipe-small.toml"), encoding: .utf8)
        #expect(recipe.canonical == expected)
        #expect(recipe.hash == "7535d4863c21e79e1dd68b2c68d82c51aef8283c863e73b0780b1f054fcec42d")
        #expect(recipe.protocolHash == "fedbaaa8ded2c4a3f2a7fd470728e421786bb4612f6cf41806b4ad4f192c3200")
    }

    @Test func hashIsOfMeaningNotOfSpelling() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let same = try Recipe.parse(
            """
            method = 'fce'
            data.labels = 5_00
            data.source = 'svhn'
            energy = { width = 1, base = 'moving' }
            phase = [
                { kind = 'flow-mle', steps = 40 },
                { steps = 50, kind = 'energy', pool = 640, optimizer.rate = 0.001 },
                { kind = "joint", steps = 0x14 },
            ]
            """)
        #expect(same.hash == recipe.hash)
        #expect(try Recipe.parse(smallRecipe, overrides: ["energy.width=1.5"]).hash != recipe.hash)
    }

    @Test func hashLeavesOutDefaultsButNotWhatChoosesThem() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let defaults = ["vat.epsilon=2.5", "phase.1.optimizer.rate=0.001"]
        let stated = try Recipe.parse(smallRecipe, overrides: defaults)
        #expect(stated.hash == recipe.hash)
        // A key that has a meaning only beside another one.
        let falling = "phase.1.optimizer.decay=linear"
        let start = try Recipe.parse(smallRecipe, overrides: [falling, "phase.1.optimizer.decay-start=0.6"])
        #expect(try start.hash == Recipe.parse(smallRecipe, overrides: [falling]).hash)
        #expect(
            start.decisions.allSatisfy {
                !$0.key.hasSuffix("decay-start") && !$0.key.hasSuffix("decay-beta1")
            })
        func phases(_ kinds: String...) throws -> Recipe {
            let phases = kinds.map { "{ kind = '\($0)', steps = 5 }" }.joined(separator: ", ")
            return try Recipe.parse(
                "method = 'fce-init'\ndata.source = 'svhn'\ndata.labels = 10\nphase = [\(phases)]")
        }
        let plain = try phases("flow-mle", "energy").hash
        let twice = try phases("flow-mle", "energy", "energy").hash
        #expect(try twice != plain && phases("flow-mle", "flow-mle", "energy").hash != twice)
    }

    @Test func protocolHashLeavesOutSeedsPathsAndReports() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let moved = try Recipe.parse(
            smallRecipe, file: "other.toml",
            overrides: [
                "seed=9", "flow.seed=4", "data.split-seed=3", "data.directory=/elsewhere", "log.every=7",
                "evaluate.every=3",
                "checkpoint.every=2", "report.paper={value=1, cell='x'}",
            ])
        #expect(moved.protocolHash == recipe.protocolHash)
        #expect(moved.hash != recipe.hash)
        for change in ["vat.epsilon=1", "data.labels=1000", "phase.2.steps=51", "energy.network=conv-large"] {
            let other = try Recipe.parse(smallRecipe, overrides: [change])
            #expect(other.protocolHash != recipe.protocolHash, "\(change)")
        }
    }

    @Test func flowHashDependsOnTheFlowAlone() throws {
        let hash = try Recipe.parse(smallRecipe).flowHash(data: "a")
        let same = try Recipe.parse(
            smallRecipe, overrides: ["seed=2", "energy.width=2", "phase.3.steps=1", "data.labels=1000"])
        #expect(same.flowHash(data: "a") == hash)
        #expect(same.flowHash(data: "b") != hash)
        for change in ["flow.seed=2", "phase.1.steps=41", "precision=float32", "data.validation=5"] {
            let other = try Recipe.parse(smallRecipe, overrides: [change])
            #expect(other.flowHash(data: "a") != hash, "\(change)")
        }
        // The flow does not see the held-out images; by default its own seed draws them.
        let splits = try [1, 2].map { seed in
            try Recipe.parse(smallRecipe, overrides: ["data.split-seed=\(seed)"]).flowHash(data: "a")
        }
        #expect(splits[0] == hash && splits[1] != hash)
        let none = try ["data.split-seed=2", "data.split-seed=3"].map { change in
            try Recipe.parse(smallRecipe, overrides: ["data.validation=0", change]).flowHash(data: "a")
        }
        #expect(none[0] == none[1])
        // A flow that does not see the labelled images depends on which these are.
        let hidden = try ["seed=1", "seed=2", "data.labels=1000"].map { change in
            let overrides = ["data.unlabelled-includes-labelled=false", change]
            return try Recipe.parse(smallRecipe, overrides: overrides).flowHash(data: "a")
        }
        #expect(Set(hidden + [hash]).count == 4)
    }

    @Test func differencesNameKeys() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let other = try Recipe.parse(smallRecipe, overrides: ["phase.2.steps=3", "flow.width=8"])
        #expect(recipe.differences(from: other) == ["flow.width", "phase.2.steps"])
    }

    @Test(arguments: files) func recipesOfThePackageAreValid(file: String) throws {
        let recipe = try Recipe.load("\(package)/Recipes/\(file)")
        #expect(recipe.name == String(file.dropLast(".toml".count)))
        #expect(recipe.header.contains("fce train Recipes/\(file)"))
        #expect(recipe.header.contains("Paper") || file.hasSuffix("base.toml"))
        #expect(recipe.header.contains("Ours: see Results/"))
        #expect(try Recipe.parse(recipe.canonical, file: "elsewhere.toml") == recipe)
    }

    @Test(arguments: files, [true, false]) func smokeRunsAreSmallAndValid(file: String, data: Bool) throws {
        let recipe = try Recipe.load("\(package)/Recipes/\(file)")
        let smoke = recipe.smoke(dataIsPresent: data)
        let small = smoke.recipe
        // Reading it again applies every check.
        #expect(try Recipe.parse(small.canonical) == small)
        #expect(small.phases.map(\.kind) == recipe.phases.map(\.kind))
        #expect(small.phases.allSatisfy { $0.steps <= 3 && $0.batch <= 8 })
        #expect(small.flow.width <= 16)
        let isGenerated = !data && recipe.data.source != .plane
        #expect((small.data.source == .synthetic) == isGenerated)
        #expect(smoke.summary.contains { $0.contains("64 generated images") } == isGenerated)
        #expect(small.data.labels % small.energy.classes == 0)
        #expect(!isGenerated || small.data.labels + small.data.validation <= small.data.train)
        #expect((small.data.excerpt > 0) == (data && recipe.data.source != .plane))
    }

    @Test func packageHasItsRecipes() { #expect(files.count >= 16) }

    @Test func everyKeyIsDocumentedOnce() {
        let paths = Recipe.keys.map(\.path)
        #expect(Set(paths).count == paths.count)
        #expect(
            Recipe.keys.allSatisfy { !$0.summary.isEmpty && !$0.type.isEmpty && !$0.defaultValue.isEmpty })
        let rate = Recipe.keys.first { $0.path == "phase.optimizer.rate" }
        #expect(rate?.type == "a number, above 0.0")
        #expect(
            rate?.defaultValue
                == "0.001 (flow-mle, vae), 0.0003 (energy, joint, supervised, gan), 0.0001 (chains, jem), 0.0002 (adversarial)"
        )
        let decay = Recipe.keys.first { $0.path == "phase.optimizer.decay-start" }
        #expect(decay?.defaultValue == "0.6")
        let base = Recipe.keys.first { $0.path == "energy.base" }
        #expect(base?.defaultValue == "\"none\"")
        let levels = Recipe.keys.first { $0.path == "flow.levels" }
        #expect(levels?.defaultValue == "3")
    }

    @Test func defaultsAreTheDesigns() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let joint = try #require(recipe.phases[2].settings(as: JointPhase.Settings.self))
        #expect(joint.optimizer == OptimizerSettings(kind: .adam, rate: 3e-4))
        #expect(joint.flowOptimizer == OptimizerSettings(kind: .adamax, rate: 1e-5))
        #expect(joint.gate == GateSettings())
        #expect((joint.gate.high, joint.gate.low, joint.gate.cap) == (0.5, 0.5, 20))
        #expect(recipe.phases[0].optimizer == OptimizerSettings(kind: .adamax, rate: 1e-3, warmup: 200))
        #expect((recipe.flow.levels, recipe.flow.blocks, recipe.flow.width) == (3, 8, 512))
        #expect(recipe.vat.epsilon == 2.5)
        #expect(recipe.header == "A small recipe.\n\n  fce train small.toml")
    }
}
