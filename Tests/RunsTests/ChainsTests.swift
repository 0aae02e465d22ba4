import Datasets
import Networks
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

/// Four tiny recipes on generated images, 6 updates each.
private func recipe(_ method: String, _ phase: String, more: String = "") -> String {
    """
    method = "\(method)"
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
    network = "four-layer"
    head = "plain"
    classes = 1
    width = 0.0625
    [[phase]]
    batch = 16
    steps = 6
    \(phase)
    \(more)

    """
}

private let persistent = recipe(
    "persistent-cd", "kind = \"chains\"\nchains = { start = \"persistent\", steps = 3, buffer = 40 }")
private let oneStep = recipe("one-step-cd", "kind = \"chains\"\nchains = { start = \"data\" }")
private let multigrid = recipe(
    "multigrid", "kind = \"chains\"\nchains = { start = \"coarser-grid\", grids = [4, 8], steps = 3 }")
private let vae = recipe(
    "vae", "kind = \"vae\"\nobservation = \"logistic\"", more: "[generator]\nwidth = 0.03125\nlatent = 7")
private let recipes = [persistent, oneStep, multigrid, vae]

/// A run of a recipe that goes on from a saved state.
private struct Run {
    let recipe: Recipe
    let data: ExperimentData
    let state: TrainingState
    let log: Recorder

    init(_ text: String, _ overrides: [String] = [], from saved: RunState? = nil, until limit: Int = .max)
        throws
    {
        recipe = try Recipe.parse(text, file: "tiny.toml", overrides: overrides)
        data = try ExperimentData(recipe)
        state = TrainingState(
            recipe, extents: data.extents, images: data.train.count,
            backend: try Device.cpu.open(threads: 2, precision: .float32))
        log = Recorder(limit: limit)
        if let saved { try state.restore(saved, of: recipe, at: "here") }
        do {
            try Trainer(recipe, data, state, observer: log).run()
        } catch is Interrupted {}
    }

    var saved: RunState {
        let position = RunPosition(phaseIndex: state.phase, phase: "", step: state.step, seconds: 0)
        return RunState(position: position, file: state.stateFile, metricsOffset: 0, name: "state")
    }
}

@Suite("Chains and variational autoencoder") struct ChainsTests {
    @Test("A run from a checkpoint ends bit for bit like one without a stop", arguments: recipes)
    func resume(_ text: String) throws {
        let whole = try Run(text)
        let first = try Run(text, until: 4)
        #expect(first.log.rows.count == 4 && first.state.phase == 0)
        let second = try Run(text, from: first.saved)
        #expect(second.log.rows.count == 2)
        #expect(second.log.rows == Array(whole.log.rows.suffix(2)))
        let (a, b) = (second.state.stateFile.tensors, whole.state.stateFile.tensors)
        #expect(a.keys.sorted() == b.keys.sorted() && b.count > 6)
        for (name, tensor) in b where a[name] != tensor { Issue.record("\(name) differs") }
        #expect(
            second.log.chainEnds.map(second.state.backend.floats)
                == whole.log.chainEnds.map(whole.state.backend.floats))
    }

    @Test("Checkpoints hold persistent chains, coarse energies and the autoencoder's layers")
    func checkpoints() throws {
        let chains = try Run(persistent, until: 2).state.stateFile
        #expect(chains.tensors["chains"]?.shape == [40, 16, 16, 1])
        let grids = try Run(multigrid, until: 2).state
        #expect(grids.weightsFile.tensors["grid1.conv1.v"]?.shape == [4, 4, 1, 4])
        #expect(grids.stateFile.tensors["grid0.optimizer.second"] != nil)
        let weights = try Run(vae).state.weightsFile
        #expect(weights.tensors["vae.mean.w"]?.shape == [1, 1, 64, 7])
        #expect(weights.tensors["vae.logScale"]?.shape == [1] && weights.tensors["chains"] == nil)
    }

    @Test("A checkpoint without its chains is no checkpoint of the run")
    func damagedChains() throws {
        let saved = try Run(persistent, until: 2).saved
        let few = SafetensorsEntry(floats: [Float](repeating: 0, count: 39 * 256), shape: [39, 16, 16, 1])
        for chains in [few, nil] {
            var file = saved.file
            file.tensors["chains"] = chains
            let damaged = RunState(position: saved.position, file: file, metricsOffset: 0, name: "state")
            let error = #expect(throws: UserError.self) { try Run(persistent, from: damaged) }
            #expect(error?.kind == .data)
        }
    }

    @Test("Persistent chains move on, one-step chains start at the data, finer ones where coarser ones end")
    func starts() throws {
        let still = [
            "phase.1.chains.noise=0", "phase.1.chains.step-size=1e-6", "phase.1.optimizer.rate=1e-9",
        ]
        let data = try Run(oneStep, still)
        for row in data.log.rows {
            expectClose(
                [row["gap"]!, row["chainRise"]!, row["chainDisplacement"]!], [0, 0, 0], absolute: 1e-5)
        }
        let noise = try Run(persistent, still)
        #expect(noise.log.rows.allSatisfy { abs($0["gap"]!) > 1e-3 })
        // Chains that stand still end as images of one pixel, repeated.
        let flat = try Run(multigrid, still)
        let ends = try #require(flat.log.chainEnds)
        #expect(ends.shape == [16, 16, 16, 1])
        let values = flat.state.backend.floats(ends)
        for image in 0..<16 {
            let pixels = values[image * 256..<(image + 1) * 256]
            #expect(pixels.max()! - pixels.min()! < 1e-5 && pixels.max()! != 0)
        }
    }

    @Test("The energy learns to tell data from chains that stand still, at every grid")
    func energyLearns() throws {
        let run = try Run(
            multigrid, ["phase.1.steps=30", "phase.1.optimizer.rate=1e-3", "phase.1.chains.step-size=1e-6"])
        for suffix in ["Grid4", "Grid8", ""] {
            #expect(run.log.mean("gap" + suffix, 25..<30) > run.log.mean("gap" + suffix, 0..<5) + 0.1)
        }
    }

    @Test("Chains climb an energy that stands still")
    func chainsClimb() throws {
        let run = try Run(persistent, ["phase.1.optimizer.rate=1e-9", "phase.1.chains.noise=0"])
        #expect(run.log.rows.allSatisfy { $0["chainRise"]! > 0 })
    }

    @Test("The bound falls, and the evaluated one is below the training batches' own")
    func boundFalls() throws {
        let run = try Run(vae, ["phase.1.steps=120", "phase.1.optimizer.rate=3e-3"])
        #expect(run.log.mean("bpdBound", 115..<120) < run.log.mean("bpdBound", 0..<5) - 0.2)
        let context = TrainingContext(recipe: run.recipe, data: run.data, state: run.state, phaseIndex: 0)
        let bound = try #require(
            try VAEPhase.boundBitsPerDimension(context, of: run.data.test, Array(0..<run.data.test.count)))
        expectClose([bound], [run.log.mean("bpdBound", 110..<120)], absolute: 0.5)
        #expect(try run.state.samples(3)?.shape == [3, 16, 16, 1])
    }

    @Test("Chains that leave the energy behind end the run, and say what to do")
    func divergence() throws {
        let error = #expect(throws: UserError.self) {
            try Run(persistent, ["phase.1.chains.guard=1e-6"])
        }
        #expect(error?.kind == .diverged && error?.place == "phase 1 (chains), step 1")
        #expect(error?.advice?.contains("chains.penalty") == true)
        let overflow = #expect(throws: UserError.self) { try Run(multigrid, ["phase.1.optimizer.rate=1e30"]) }
        #expect(overflow?.kind == .diverged)
        let lost = #expect(throws: UserError.self) { try Run(vae, ["phase.1.optimizer.rate=1e30"]) }
        #expect(lost?.kind == .diverged)
    }
}

@Suite("Recipes of chains and autoencoders") struct ChainsRecipeTests {
    @Test(
        "Contradictions are errors at their line",
        arguments: [
            (persistent, "classes = 1", "classes = 4", 14),
            (persistent, "head = \"plain\"", "head = \"gain\"", 13),
            (persistent, "base = \"none\"", "base = \"flow\"", 11),
            (persistent, "start = \"persistent\"", "start = \"data\"", 20),
            (persistent, "buffer = 40", "buffer = 15", 20),
            (persistent, "buffer = 40", "grids = [4]", 20),
            (persistent, "buffer = 40", "stepsize = 1", 20),
            (persistent, "kind = \"chains\"", "kind = \"vae\"", 20),
            (oneStep, "start = \"data\"", "start = \"data\", steps = 2", 20),
            (oneStep, "start = \"data\"", "start = \"data\", buffer = 100", 20),
            (multigrid, "grids = [4, 8]", "grids = [4, 6]", 20),
            (multigrid, "grids = [4, 8]", "grids = [1, 8]", 20),
            (multigrid, "grids = [4, 8]", "grids = []", 20),
            (multigrid, "grids = [4, 8]", "grids = [4, 16]", 20),
            (multigrid, "grids = [4, 8]", "grids = [2.5]", 20),
            (
                multigrid, "[[phase]]",
                """
                [[phase]]
                steps = 1
                kind = "chains"
                chains = { start = "coarser-grid", grids = [8] }
                [[phase]]
                """, 19
            ),
            (multigrid, "\"four-layer\"", "\"conv-small\"", 20),
            (multigrid, "[[phase]]", "[entropy]\nweight = 1\n[[phase]]", 21),
            (vae, "size = 16", "size = 12", 5),
            (vae, "\"logistic\"", "\"laplace\"", 20),
            (vae, "observation", "value-weight = 1\nobservation", 20),
        ])
    func contradictions(text: String, old: String, new: String, line: Int) {
        #expect(text.contains(old))
        let changed = text.replacing(old, with: new, maxReplacements: 1)
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(changed, file: "tiny.toml", overrides: ["flow.levels=2"])
        }
        #expect(error?.kind == .recipe)
        #expect(error?.place == "tiny.toml:\(line)", "\(String(describing: error))")
        #expect("\(String(describing: error))".contains("\n") == false)
    }

    @Test("Starts have defaults of their own, and a recipe's hash is of the start")
    func defaults() throws {
        #expect(ChainsSettings(start: .data).steps == 1 && ChainsSettings(start: .data).noise == 1)
        #expect(ChainsSettings(start: .coarserGrid).grids == [4, 8])
        let jem = ChainsSettings(start: .persistent).langevin
        expectClose(
            [jem.stepSize * jem.stepSize / 2, jem.stepSize * jem.noise], [0.25, 0.005], relative: 1e-12)
        let recipe = try Recipe.parse(persistent)
        #expect(try Recipe.parse(recipe.canonical) == recipe)
        #expect(try Recipe.parse(persistent, overrides: ["phase.1.chains.steps=4"]).hash != recipe.hash)
        #expect(
            try Recipe.parse(oneStep, overrides: ["phase.1.chains.steps=1"]).hash
                == Recipe.parse(oneStep).hash)
        #expect(VAEPhase.Settings().optimizer.rate == 1e-3)
    }

    /// Small enough to count by hand: 8×8×1, layers of 1, 1 and 3 channels.
    @Test("Arithmetic counts chains at all grids, and encoder and decoder")
    func arithmetic() throws {
        let set = ["energy.width=0.01", "data.size=8", "flow.levels=2"]
        func multiplications(_ text: String, _ more: [String] = []) throws -> Double {
            let recipe = try Recipe.parse(text, overrides: set + more)
            return recipe.operations(of: recipe.phases[0], extents: [8, 8, 1]) / 2 / 6 / 16
        }
        // Layers of 256, 64 and 48 multiplications and a head of 3.
        let (pass, first) = (371.0, 256.0)
        #expect(try multiplications(persistent) == 2 * (3 * pass - first) + 2 * 3 * pass)
        #expect(try multiplications(oneStep) == 2 * (3 * pass - first) + 2 * pass)
        // At 4×4: 64 and 16, a dense layer and a head of 3.
        let coarse = 2 * (3 * 86.0 - 64) + 2 * 3 * 86
        #expect(
            try multiplications(multigrid, ["phase.1.chains.grids=[4]"])
                == 2 * (3 * pass - first) + 2 * 3 * pass + coarse)
        let decoder = Double(
            GeneratorConfiguration(height: 8, width: 8, channels: 1, latent: 7, factor: 1 / 32)
                .multiplications)
        #expect(try multiplications(vae) == 3 * pass - first + 3 * (2 * 7 * 3 + decoder))
    }
}
