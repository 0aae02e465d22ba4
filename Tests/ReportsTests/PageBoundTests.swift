import Datasets
import Evaluation
import Foundation
import Runs
import Scores
import Testing

@testable import Reports

/// The documented bound of a page.
private let bound = 5_000_000

@Suite struct PageBoundTests {
    /// Case: a thousand classes made a page of 134 MB, a rectangle for each cell of the confusion matrix.
    @Test func aRunOfAThousandClassesAndALongLogMakesASmallPage() throws {
        let classes = 1000
        let long = String(repeating: "n", count: 200)
        var content = ReportContent(header: header())
        content.classNames = (0..<classes).map { "\(long) \($0)" }
        content.predictions = try predictions(3000, classes: classes)
        content.mistakes = try ClassMistakes.worst(content.predictions, listed: [], of: nil)
        var rows: [MetricsRow] = []
        for phase in 0..<30 {
            for step in 0..<400 {
                let value = Double((step * 7919 + phase) % 1000) / 1000
                var values = Dictionary(
                    uniqueKeysWithValues: Metric.logged.compactMap(\.logKey).map { ($0, value) })
                values[Metric.turn.key] = value.rounded()
                rows.append(
                    MetricsRow(phase: "joint", phaseIndex: phase, step: step, time: 1, values: values))
            }
        }
        content.metrics = try metrics(rows)
        var evaluation = RunEvaluation(
            phases: (0..<30).map { .init(name: "joint \($0)", steps: 1, seconds: 1) },
            energies: .init(data: (0..<5000).map(Double.init), samples: (0..<5000).map(Double.init)))
        evaluation.otherSets = (0..<40).map {
            .init(name: "set \($0)", images: 9, testImages: 9, logP: (0..<2000).map(Double.init))
        }
        content.evaluation = evaluation
        content.pictures = (0..<30).map { ("\($0)-joint", [UInt8](repeating: 0, count: 100_000)) }
        let page = HTMLReport(content).html
        #expect(page.utf8.count < bound, "\(page.utf8.count) bytes")
        #expect(page.contains("The pairs of classes that are confused most"))
        #expect(page.contains("last 10 of 30 phases") && page.contains("last 12 of 30 pictures"))
    }

    @Test func manyMethodsSeedsAndClassesMakeASmallPage() throws {
        var runs: [ReportContent] = []
        var results: [RunResult] = []
        for method in 0..<40 {
            for seed in 1...2 {
                let name = "t/a-method-with-quite-a-long-name-\(method)"
                var head = header(name: name)
                head.seed = seed
                var run = ReportContent(header: head)
                var phase = PhaseScores(name: "joint", steps: 1, seconds: 1)
                phase.scores.confusion = (0..<300).map { k in (0..<300).map { $0 == k ? 1 : 0 } }
                run.evaluation = RunEvaluation(phases: [phase])
                run.metrics = try metrics(
                    (0..<200).map {
                        MetricsRow(
                            phase: "joint", phaseIndex: 0, step: $0, time: 1,
                            values: [
                                "testError": 0.5, "labelLoss": 1, "value": -1, "gateEMA": 0.5, "turn": 1,
                            ])
                    })
                runs.append(run)
                results.append(result(name, seed: seed, error: 0.25))
            }
        }
        var content = try ComparisonContent(tables: ComparisonContent.tables(results), runs: runs)
        content.classNames = (0..<300).map { "class \($0)" }
        let page = try ComparisonReport(content).html()
        #expect(page.utf8.count < bound, "\(page.utf8.count) bytes")
        #expect(page.contains("Charts show the first 28 of 40 methods"))
        #expect(page.contains("40 worst of 300 classes"))
    }

    @Test func largeSamplePicturesAreShrunk() throws {
        let side = 2500
        var pixels = [UInt8](repeating: 0, count: side * side * 3)
        for place in pixels.indices {
            pixels[place] = UInt8(truncatingIfNeeded: place &* 2_654_435_761 >> 13)
        }
        let large = try Picture(width: side, height: side, channels: 3, pixels: pixels).jpeg(quality: 92)
        let small = try Picture.decode(try pagePicture(large, file: "s"), file: "s")
        #expect(small.width <= 1000 && small.height <= 1000 && small.width > 500)
        let grey = Picture(width: 5, height: 4, channels: 1, pixels: (0..<20).map { UInt8(10 * $0) })
        #expect(grey.shrunk(to: 2).pixels == [60] && grey.shrunk(to: 5) == grey)
        #expect(grey.shrunk(to: 3).pixels == [30, 50, 130, 150])
    }

    @Test func tablesAreCutWithASentence() {
        let rows = (0..<15_000).map { ["\($0)", "b"] }
        let text = "\(table("t", ["a", "b"], rows))"
        #expect(XMLElements("<div>\(text)</div>").names["tr"] == 1 + 10_000)
        #expect(text.contains("first 10\u{202F}000 of 15\u{202F}000 rows"))
    }
}
