import Foundation
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

@Suite struct ScoresTests {
    private func full() -> Scores {
        var scores = Scores()
        for (index, metric) in Metric.scores.enumerated() { scores[metric] = Double(index) + 0.5 }
        scores.scaling = TemperatureScaling(
            temperature: 2, heldOutCount: 3, testNLL: 0.5, ece: 0.25, brier: 0.125)
        scores.logZ = LogNormalizer(estimate: 1, effectiveSampleSize: 2, samples: 4)
        scores.confusion = [[1, 0], [2, 3]]
        return scores
    }

    private func decoded<Value: Decodable>(_ text: String, as _: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    @Test func scoresLieFlatBesideWhatTheyAreOf() throws {
        let end = PhaseScores(name: "joint", steps: 7, seconds: 1.5, scores: full())
        let text = try jsonText(end, isPretty: false)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let own = ["name", "steps", "seconds", "scaling", "logZ", "confusion"]
        #expect(Set(object.keys) == Set(own + Metric.scores.map(\.key)))
        #expect(object["testError"] as? Double == full()[.testError])
        #expect(try decoded(text) == end)
    }

    @Test func whatIsMissingOrNotFiniteIsMissingWhenRead() throws {
        var scores: Scores = [.testNLL: .nan, .brier: .infinity, .ece: 0.5, .testError: nil]
        scores.scaling = nil
        let text = try jsonText(scores, isPretty: false)
        #expect(text == #"{"brier":null,"ece":0.5,"testNLL":null}"#)
        #expect(try decoded(text) == [.ece: 0.5] as Scores)
        #expect(try decoded(#"{"other": 1}"#) == Scores(), "a key of another version says nothing")
    }

    @Test func scoresAreFilledWhereTheyAreMissing() {
        var own: Scores = [.testError: 0.25]
        own.logZ = LogNormalizer(estimate: 9, effectiveSampleSize: 1, samples: 2)
        let filled = own.filled(from: full())
        #expect(filled[.testError] == 0.25 && filled[.brier] == full()[.brier])
        #expect(filled.logZ?.estimate == 9 && filled.scaling == full().scaling)
        #expect(filled.confusion == full().confusion)
    }

    @Test func aResultKeepsTheLastPhasesScoresAndFewOfTheOthers() throws {
        let recipe = Recipe()
        var result = try RunResult(recipe: recipe, header: .test(recipe), split: .test(), command: "")
        let first = PhaseScores(name: "flow-mle", steps: 3, seconds: 1, scores: [.flowBitsPerDim: 4])
        result.add(
            [first, PhaseScores(name: "energy", steps: 5, seconds: 2, scores: full())], nil, heldOut: nil)
        #expect(result.scores[.brier] == full()[.brier] && result.scores.logZ != nil)
        #expect(result.scores.confusion == nil && result.scores[.heldOutError] == nil)
        #expect(result.phases[0] == first && result.phases[1].scores.scaling == nil)
        #expect(result.phases[1].scores[.heldOutError] == full()[.heldOutError])
        #expect(result.phases[1].scores[.brier] == nil)
        #expect(result.steps == ["flow-mle": 3, "energy": 5])
        #expect(try decoded(try jsonText(result)) == result)
    }
}

@Suite struct MeasuresTests {
    @Test func numbersStandInTheOrderInWhichTheyWereSet() {
        var measures: Measures = [.rate: 1, .value: -1.5, .turn: nil]
        measures[.gradNorm] = 2
        measures[.rate] = 3
        #expect(measures.map(\.metric.key) == ["rate", "value", "gradNorm"])
        #expect(measures.map(\.value) == [3, -1.5, 2])
        measures[.value] = nil
        #expect(measures[.value] == nil && measures.count == 2)
    }

    @Test func ofTwoNumbersOfAMetricTheMergedOneCounts() {
        let merged = ([.rate: 1, .value: 2] as Measures).merging([.value: 3, .turn: 0])
        #expect(merged.logged == ["rate": 1, "value": 3, "turn": 0])
        #expect(merged.map(\.metric.key) == ["rate", "value", "turn"])
    }

    @Test func theLogHasTheKeysThatMetricsDeclare() {
        let own = Metric("scoreOfMine", log: "mine", "a score of one's own", .number)
        let measures: Measures = [own: 1, .flowBitsPerDim: 2, .ece: 3, .gap.onGrid(4): 5]
        #expect(measures.logged == ["mine": 1, "bpdTest": 2, "gapGrid4": 5])
    }
}

@Suite struct MetricTests {
    @Test func everyMetricIsDeclaredOnce() {
        #expect(Set(Metric.scores.map(\.key)).count == Metric.scores.count)
        #expect(Set(Metric.logged.compactMap(\.logKey)).count == Metric.logged.count)
        let logged = Metric.scores.compactMap(\.logKey)
        #expect(logged.allSatisfy { Metric.logged($0) != nil })
        #expect(Metric.watched.allSatisfy { $0.name(at: .watch) != nil && $0.logKey != nil })
    }

    @Test func everyCurveHasAChartAndEveryChartACurve() {
        let charts = Set(MetricChart.all.map(\.title))
        #expect(charts.count == MetricChart.all.count)
        #expect(Metric.logged.compactMap(\.curve).allSatisfy { charts.contains($0.chart.title) })
        for chart in MetricChart.all {
            #expect(!chart.metrics.isEmpty, "\(chart.title)")
            #expect(Set(chart.metrics.map(\.unit)).count == 1, "\(chart.title)")
        }
    }

    @Test func textIsInTheMetricsUnit() {
        #expect(Metric.testError.textWithUnit(0.12345) == "12.35 %" && Metric.ece.text(0.5) == "50.00")
        #expect(Metric.testNLL.exactText(1.23456) == "1.2346 nats" && Metric.brier.text(nil) == "–")
        #expect(Metric.energyBitsPerDim.exactText(2) == "2.0000 bits/dim, normalised by c only")
        #expect(Metric.testNLL.heading == "test NLL, nats" && Metric.brier.heading == "Brier")
        #expect(Metric.aurocMistakes.name(at: .card) == "confidence AUROC (higher is better)")
        #expect(Metric.aurocMistakes.name(at: .watch) == nil && Metric.testError.name(at: .card) == nil)
    }
}

@Suite struct MistakeDetectionTests {
    /// Every pair of a right and a wrong answer.
    private func naive(_ predictions: Predictions) -> Double? {
        let k = predictions.classes
        var (won, pairs) = (0.0, 0.0)
        for i in 0..<predictions.count where !predictions.wrong[i] {
            for j in 0..<predictions.count where predictions.wrong[j] {
                let right = predictions.probabilities[i * k..<i * k + k].max() ?? 0
                let wrong = predictions.probabilities[j * k..<j * k + k].max() ?? 0
                won += right > wrong ? 1 : right == wrong ? 0.5 : 0
                pairs += 1
            }
        }
        return pairs > 0 ? won / pairs : nil
    }

    @Test(arguments: 1...5) func itCountsPairsOfRightAndWrongAnswers(seed: Int) throws {
        var stream = RandomStream(RandomKey(seed: UInt64(seed), purpose: .evaluation))
        // Sixteenths, so that confidences tie.
        let rows = (0..<60).map { _ -> [Float] in
            let first = (16 * stream.uniform()).rounded(.down) / 16
            let second = (16 * (1 - first) * stream.uniform()).rounded(.down) / 16
            return [first, second, 1 - first - second].map(Float.init)
        }
        let labels = rows.map { _ in Int(3 * stream.uniform()) }
        let predictions = try Predictions(probabilities: rows.flatMap(\.self), labels: labels, classes: 3)
        let (own, twin) = (try #require(predictions.mistakeAUROC), try #require(naive(predictions)))
        #expect(abs(own - twin) < 1e-12 && own > 0.2 && own < 0.8)
        #expect(predictions.scores[.aurocMistakes] == own)
    }

    @Test func aSureMistakeAndAnUnsureOneAreTheEnds() throws {
        func area(_ wrong: Float) throws -> Double? {
            try Predictions(
                probabilities: [0.75, 0.25, 0.25, 0.75, wrong, 1 - wrong], labels: [0, 1, 1], classes: 2
            ).mistakeAUROC
        }
        #expect(try area(0.625) == 1 && area(0.875) == 0 && area(0.75) == 0.5)
    }

    @Test func withoutMistakesOrWithoutRightAnswersThereIsNone() throws {
        for labels in [[0, 0], [1, 1]] {
            let all = try Predictions(probabilities: [0.75, 0.25, 0.625, 0.375], labels: labels, classes: 2)
            #expect(all.mistakeAUROC == nil && all.scores[.brier] != nil)
        }
        let broken = try Predictions(
            probabilities: [.nan, .nan, 0.75, 0.25], labels: [0, 1], classes: 2)
        #expect(broken.mistakeAUROC == nil)
    }
}
