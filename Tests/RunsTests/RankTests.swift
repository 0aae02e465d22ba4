import Datasets
import Scores
import System
import Tensors
import TestSupport
import Testing

@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

/// What a training in miniature came to.
private struct Outcome: Sendable {
    var measures: [[String: Double]] = []
    var weights = SafetensorsFile()
    var scores: [String: Double] = [:]
}

@Suite("Ranks") struct RankTests {
    private static func train(_ recipe: RankRecipe, _ world: World) throws -> Outcome {
        let recipe = try Recipe.parse(recipe.text, file: "ranks.toml")
        let data = try ExperimentData(recipe)
        let backend = try Device.cpu.open(threads: 1, precision: .float32, world: world)
        let state = TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
        let log = Recorder()
        let scores = ScoreTaker(log, recipe, data)
        try Trainer(recipe, data, state, observer: scores).run()
        return Outcome(measures: log.rows, weights: state.weightsFile, scores: scores.taken)
    }

    @Test("Two ranks compute what one process computes", arguments: RankRecipe.all)
    func twoRanks(_ recipe: RankRecipe) throws {
        let one = try Self.train(recipe, .alone)
        let two = try ThreadRanks.run(2) { try Self.train(recipe, $0) }
        #expect(two[0].weights == two[1].weights)
        expectSame(two[0], one)
        guard !recipe.usesBatchStatistics else { return }
        // One process in two shards has the same bits.
        let sharded = try Self.train(recipe, World(shards: 2))
        #expect(sharded.weights.tensors == two[0].weights.tensors)
    }

    @Test(
        "The same shards give the same bits on any number of ranks",
        arguments: [RankRecipe.contrastive, .joint])
    func shards(_ recipe: RankRecipe) throws {
        let one = try Self.train(recipe, World(shards: 4))
        for ranks in [2, 4] {
            let several = try ThreadRanks.run(ranks, shards: 4) { try Self.train(recipe, $0) }
            for rank in several { #expect(rank.weights.tensors == one.weights.tensors) }
        }
    }

    /// Differences of log densities are as exact as these, which are sums over 256 pixels.
    private func scale(_ key: String) -> Double {
        ["dData", "dSamples", "value", "valueData", "valueSamples"].contains(key) ? 256 : 1
    }

    private func expectSame(_ two: Outcome, _ one: Outcome) {
        #expect(two.measures.count == one.measures.count)
        for (step, (row, expected)) in zip(two.measures, one.measures).enumerated() {
            #expect(Set(row.keys) == Set(expected.keys))
            for (key, value) in expected {
                let difference = abs((row[key] ?? .nan) - value) / max(abs(value), scale(key))
                #expect(difference <= 1e-5, "\(key) of update \(step): \(row[key] ?? .nan), not \(value)")
            }
        }
        #expect(Set(two.scores.keys) == Set(one.scores.keys))
        for (key, value) in one.scores {
            #expect(abs((two.scores[key] ?? .nan) - value) <= 1e-4 * max(abs(value), 1), "\(key)")
        }
    }
}

/// Evaluates every phase at its end, as a run does.
private final class ScoreTaker: SilentObserver {
    private let log: Recorder
    private let recipe: Recipe
    private let data: ExperimentData
    var taken: [String: Double] = [:]

    init(_ log: Recorder, _ recipe: Recipe, _ data: ExperimentData) {
        (self.log, self.recipe, self.data) = (log, recipe, data)
    }

    override func updated(_ state: TrainingState, _ update: Update) { log.updated(state, update) }

    override func finished(_ state: TrainingState) throws {
        let score = try Evaluator(recipe, data, state).score(phase: state.phase).phase
        for (key, value) in score.scores.measures.logged { taken["\(state.phase) \(key)"] = value }
    }
}
