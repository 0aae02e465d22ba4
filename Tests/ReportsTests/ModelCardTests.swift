import EnergyModels
import Evaluation
import Foundation
import Runs
import Scores
import Testing
import Training

@testable import Reports

@Suite("Model cards") struct ModelCardTests {
    /// A finished run's small files, as `fce train` leaves them.
    private func card(_ change: (inout RunResult, inout RunEvaluation) -> Void = { _, _ in }) throws
        -> ModelCard
    {
        var card: ModelCard?
        try withTemporaryFolder { folder in
            var (recipe, evaluation) = (
                Recipe(), RunEvaluation(phases: [.init(name: "joint", steps: 1, seconds: 1)])
            )
            (recipe.name, recipe.energy.classes) = ("svhn10k/500-fce", 3)
            var header = header()
            header.classNames = ["zero", "a | b", "two"]
            var result = result("svhn10k/500-fce", seed: 1, error: 0.1)
            (result.testCount, result.labels, result.command) = (1000, 500, "fce train a.toml")
            result.phases = [.init(name: "joint", steps: 1500, seconds: 1)]
            change(&result, &evaluation)
            let encoder = JSONEncoder()
            for (name, data) in [
                ("run.json", try encoder.encode(header)), ("result.json", try encoder.encode(result)),
                ("evaluation.json", try encoder.encode(evaluation)),
            ] { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
            let text = """
                method = "supervised"
                name = "svhn10k/500-fce"
                [data]
                source = "svhn"
                labels = 300
                [energy]
                classes = 3
                [[phase]]
                kind = "supervised"
                steps = 1
                """
            try text.write(toFile: "\(folder)/recipe.toml", atomically: false, encoding: .utf8)
            card = try ModelCard(RunFiles(path: folder))
        }
        return try #require(card)
    }

    @Test func theHeaderIsWhatHuggingFaceReads() throws {
        let text = try card().markdown
        let parts = text.split(separator: "---\n", maxSplits: 2, omittingEmptySubsequences: false)
        let lines = parts[1].split(separator: "\n").map(String.init)
        #expect(parts[0].isEmpty)
        for line in [
            "pipeline_tag: image-classification", "- ufldl-stanford/svhn", "- name: \"svhn10k/500-fce\"",
            "    - type: accuracy", "      value: 90.00",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func theErrorComesWithItsInterval() throws {
        // Wilson's interval of 100 among 1,000, by Python.
        #expect(try card().markdown.contains("10.00 % (95 % interval 8.29 to 12.02 %, 1\u{202F}000 images)"))
    }

    @Test func calibrationAndClassesAreTold() throws {
        let text = try card { result, evaluation in
            result.scores.scaling = .init(
                temperature: 1.5, heldOutCount: 70, testNLL: 0.4, ece: 0.013, brier: 0.1)
            evaluation.phases[0].scores.confusion = [[9, 1, 0], [0, 2, 2], [0, 0, 0]]
        }.markdown
        #expect(text.contains("T = 1.500, fitted on 70 held-out") && text.contains("1.30 %"))
        #expect(text.contains("| zero | 10.00 | 10 |") && text.contains("| a \\| b | 50.00 | 4 |"))
        #expect(!text.contains("| two |") && !text.contains("not calibrated"))
    }

    @Test func aScoreOfLaterVersionsIsToldWhereItIsKnown() throws {
        let text = try card { result, _ in result.scores[.aurocMistakes] = 0.8125 }.markdown
        #expect(text.contains("| confidence AUROC (higher is better) | 0.812 |"))
        #expect(!(try card().markdown.contains("AUROC")))
    }

    @Test func limitsAndLicenceAreNotForgotten() throws {
        let text = try card().markdown
        #expect(text.contains("non-commercial") && text.contains("were not calibrated"))
        #expect(text.contains("    fce train a.toml"))
    }

    @Test func anUnfinishedRunHasNone() throws {
        try withTemporaryFolder { folder in
            #expect(throws: (any Error).self) { try ModelCard(RunFiles(path: folder)) }
        }
    }
}
