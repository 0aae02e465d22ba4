import Foundation
import Networks
import Scores
import Synchronization
import System
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

@Suite("Runs of several ranks") struct RankRunTests {
    /// Whether the run reached its end.
    private static func run(
        _ folder: String, _ world: World, _ text: String = RankRecipe.contrastive.text,
        stoppedAt poll: Int = .max
    ) throws -> Bool {
        var options = ExperimentOptions(out: folder)
        (options.resume, options.threads, options.world) = (true, 1, world)
        options.flows = "\(folder)-flows"
        let polls = Polls()
        // One rank alone is told to stop.
        options.isInterrupted = { world.rank == world.size - 1 && polls.next() == poll }
        do {
            let recipe = try Recipe.parse(text, file: "ranks.toml")
            _ = try Experiment(recipe, options, log: ProgressLog(silent: true)).run()
            return true
        } catch is Interrupted {
            return false
        }
    }

    private static func weights(_ folder: String) throws -> [String: SafetensorsEntry] {
        let files = RunFiles(path: folder)
        return try SafetensorsFile(path: files.weights(phaseIndex: 1, name: "energy")).tensors
    }

    private final class Polls: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }

    @Test("Rank 0 writes a run as one process does")
    func writes() throws {
        try withScratch { scratch in
            let isDone = try Self.run("\(scratch)/one", .alone)
            let areDone = try ThreadRanks.run(2) { try Self.run("\(scratch)/two", $0) }
            #expect(isDone && areDone == [true, true])
            let (one, two) = (RunFiles(path: "\(scratch)/one"), RunFiles(path: "\(scratch)/two"))
            let names = try [one, two].map { try Files.list($0.path).sorted() }
            #expect(names[0] == names[1])
            let lines = [one, two].map { files in
                Files.contents(files.file("metrics.jsonl"))?.count { $0 == 10 } ?? 0
            }
            #expect(lines[0] == lines[1] && lines[0] > 0)
            let ranks = try [one, two].map { try $0.header().machine.ranks }
            #expect(ranks == [nil, 2])
            let errors = try [one, two].map { try $0.result().scores[.testError] }
            #expect(errors[0] == errors[1])
            // A finished run is found by all ranks.
            let again = try ThreadRanks.run(2) { try Self.run("\(scratch)/two", $0) }
            #expect(again == [true, true])
        }
    }

    @Test(
        "A run that one rank stops goes on with the same ranks to the same bits",
        arguments: [1, 3, 9, 14, 17])
    func stopped(_ poll: Int) throws {
        try withScratch { scratch in
            _ = try ThreadRanks.run(2) { try Self.run("\(scratch)/whole", $0) }
            let stopped = try ThreadRanks.run(2) { try Self.run("\(scratch)/part", $0, stoppedAt: poll) }
            let ended = try ThreadRanks.run(2) { try Self.run("\(scratch)/part", $0) }
            #expect(stopped == [false, false] && ended == [true, true])
            let weights = try ["part", "whole"].map { try Self.weights("\(scratch)/\($0)") }
            #expect(weights[0] == weights[1])
        }
    }

    @Test("With shards a run goes on with another number of ranks to the same bits")
    func otherRanks() throws {
        try withScratch { scratch in
            _ = try Self.run("\(scratch)/whole", World(shards: 4))
            let four = try ThreadRanks.run(4) { try Self.run("\(scratch)/part", $0, stoppedAt: 9) }
            let two = try ThreadRanks.run(2, shards: 4) {
                try Self.run("\(scratch)/part", $0, stoppedAt: 5)
            }
            let one = try Self.run("\(scratch)/part", World(shards: 4))
            #expect(four == [false, false, false, false] && two == [false, false] && one)
            let weights = try ["part", "whole"].map { try Self.weights("\(scratch)/\($0)") }
            #expect(weights[0] == weights[1])
        }
    }

    /// What all ranks throw.
    private func thrown(_ texts: [String], _ worlds: Int = 2) throws -> [UserError] {
        try withScratch { scratch in
            try ThreadRanks.run(worlds) { world in
                #expect(throws: UserError.self) {
                    _ = try Self.run("\(scratch)/run", world, texts[world.rank % texts.count])
                }
            }.compactMap(\.self)
        }
    }

    @Test("Ranks of two recipes, and data that one rank lacks, are refused by all with one message")
    func refusals() throws {
        let text = RankRecipe.flow.text
        let other = try thrown([text, text.replacing("steps = 4", with: "steps = 5")])
        #expect(other.count == 2 && other[0] == other[1])
        #expect(other[0].kind == .recipe && other[0].what.hasPrefix("ranks disagree about the recipe"))
        let missing = text.replacing(
            "source = \"synthetic\"", with: "source = \"fashion-mnist\"\ndirectory = \"nowhere\""
        )
        .replacing("size = 16\n", with: "").replacing("channels = 1\n", with: "")
        let lacking = try thrown([text, missing])
        #expect(lacking.count == 2 && lacking[0] == lacking[1] && lacking[0].kind == .missing)
    }

    @Test("Batches that do not divide name those that do")
    func indivisible() throws {
        let errors = try thrown([RankRecipe.contrastive.text], 3)
        #expect(errors.count == 3)
        #expect(errors[0].kind == .recipe && errors[0].place == "phase.flow-mle.batch")
        #expect(errors[0].advice == "set phase.flow-mle.batch = 6 or 9")
    }

    @Test("Batch normalisation refuses shards beyond the ranks")
    func batchNormalisation() throws {
        let recipe = try Recipe.parse(RankRecipe.batchNorm.text, file: "ranks.toml")
        try recipe.expectDivisible(ranks: 1)
        try recipe.expectDivisible(ranks: 2)
        let error = #expect(throws: UserError.self) { try recipe.expectDivisible(ranks: 1, shards: 2) }
        #expect(error?.advice == "leave out --shards")
    }
}
