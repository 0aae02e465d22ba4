import Evaluation
import Foundation
import Runs
import Scores
import System
import Testing

@testable import Reports

/// A finished run of `name` with everything that a page about several methods shows.
private func writeRun(_ name: String, seed: Int, error: Double, to folder: String) throws -> RunFiles {
    let run = RunFiles(path: "\(folder)/\(name.replacing("/", with: "-"))/seed-\(seed)")
    try FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
    func write(_ value: some Encodable, _ file: String) throws {
        try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: run.file(file)))
    }
    var header = header(name: name)
    header.seed = seed
    try write(header, "run.json")
    try write(result(name, seed: seed, error: error, paper: 7.05), "result.json")
    var phase = PhaseScores(name: "joint", steps: 10, seconds: 5)
    phase.scores[.brier] = 0.25
    phase.scores.scaling = .init(temperature: 2, heldOutCount: 3, testNLL: 0.5, ece: 0.01, brier: 0.125)
    var evaluation = RunEvaluation(phases: [phase])
    evaluation.otherSets = [.init(name: "<noise>", images: 4, testImages: 4, aurocLogP: 0.875, logP: [1])]
    try write(evaluation, "evaluation.json")
    // Seeds end their joint phases at different steps.
    let end = 20 + seed
    let metrics = [
        #"{"phase":"flow-mle","phaseIndex":0,"step":500,"time":1,"bpd":3.5}"#,
        #"{"phase":"energy","phaseIndex":1,"step":10,"time":2,"labelLoss":\#(seed),"testError":0.5}"#,
        #"{"phase":"joint","phaseIndex":2,"step":5,"time":3,"value":-1,"gateEMA":0.5,"turn":1}"#,
        #"{"phase":"joint","phaseIndex":2,"step":\#(end),"time":4,"event":"phaseEnd","testError":\#(error)}"#,
    ]
    try metrics.map { $0 + "\n" }.joined().write(
        toFile: run.file("metrics.jsonl"), atomically: true, encoding: .utf8)
    try SafetensorsFile(
        tensors: [
            "probabilities": SafetensorsEntry(
                floats: [0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.1, 0.9], shape: [4, 2]),
            "labels": SafetensorsEntry(int32s: [0, 1, 0, 0], shape: [4]),
        ]
    ).write(to: run.predictions)
    return run
}

private func count(_ text: String, in page: String) -> Int { page.components(separatedBy: text).count - 1 }

@Suite struct ComparisonTests {
    @Test func thePageHasATableAndTheChartsOfItsRuns() throws {
        try withTemporaryFolder { folder in
            for seed in 1...2 {
                _ = try writeRun("toy/a", seed: seed, error: 0.1 * Double(seed), to: folder)
                _ = try writeRun("toy/<b>", seed: seed, error: 0.25, to: folder)
            }
            let page = try ComparisonReport(ComparisonContent(paths: [folder])).html()
            let elements = XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count)))
            #expect(elements.isWellFormed && elements.names["script"] == 1)
            #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("url("))
            #expect(!page.contains("<b>") && !page.contains("<noise>"))
            #expect(!elements.attributes.contains { $0.contains("nan") || $0.contains("inf") })
            #expect(page.contains("15.00 ± 7.07 (2)") && page.contains("25.00 ± 0.00 (2)"))
            // Test error, label loss, V; errors by class; two methods' diagrams, scaled too; a gate of each.
            let charts = page.components(separatedBy: "role=\"img\"").count - 1
            #expect(charts == 3 + 1 + 4 + 2)
            #expect(
                page.contains("0.125 ± 0.000") && page.contains("0.250 ± 0.000") && page.contains("0.875"))
            #expect(!page.contains("Label efficiency"))
        }
    }

    @Test func everyColourOfAChartFollowsTheTheme() throws {
        try withTemporaryFolder { folder in
            let run = try writeRun("a", seed: 1, error: 0.1, to: folder)
            let page = try ComparisonReport(ComparisonContent(paths: [run.path])).html()
            for key in ["fill=\"", "stroke=\""] {
                let colours = page.components(separatedBy: key).dropFirst()
                #expect(!colours.isEmpty && colours.allSatisfy { $0.hasPrefix("var(--") })
            }
            #expect(page.contains("prefers-color-scheme:dark") && page.contains("@media print"))
        }
    }

    @Test func resultsOfSeveralNumbersOfLabelsMakeACurve() throws {
        let results = [("t/250-a", 250, 0.4), ("t/1000-a", 1000, 0.2), ("t/250-b", 250, 0.5)].map {
            var one = result($0.0, seed: 1, error: $0.2)
            (one.labels, one.splitRule) = ($0.1, "\($0.1) labels")
            return one
        }
        #expect(ComparisonContent.withoutLabels(results[0]) == "t/a")
        let tables = try results.map { try ResultsTable([$0]) }
        #expect(throws: UserError.self) { try ResultsTable(results) }
        let chart = try #require(try ComparisonContent(tables: tables, runs: []).labelEfficiency)
        let file = chart.file
        #expect(file.contains("a: 40.00 at 250") && file.contains("a: 20.00 at 1000"))
        #expect(file.contains("b: 50.00 at 250") && file.contains(">250<") && file.contains(">1000<"))
        #expect(XMLElements(file).isWellFormed)
        let page = try ComparisonReport(ComparisonContent(tables: tables, runs: [])).html()
        #expect(page.contains("Label efficiency") && page.contains("no run directory is at hand"))
    }

    @Test func curvesAreMeansOverSeedsAtSharedPlaces() throws {
        func seed(_ values: [(Int, Double)]) -> [SeedPoint] {
            values.map { SeedPoint(place: [$0.0], x: Double(10 * $0.0), y: $0.1) }
        }
        let series = Series("a", seeds: [seed([(1, 1), (1, 3), (2, 5)]), seed([(3, 9), (1, 4)]), []])
        #expect(series.points == [Series.Point(x: 10, y: 3, low: 2, high: 4)])
    }

    @Test func testsAtThePhasesEndsAreSharedThoughTheirStepsDiffer() throws {
        try withTemporaryFolder { folder in
            let logs = try (1...2).map {
                try writeRun("a", seed: $0, error: 0.1 * Double($0), to: folder).metrics()
            }
            let points = logs.map { $0.points(.testError, stretch: nil) }
            // The flow's 500 updates are not counted; the joint phase begins after 10 of the energy.
            #expect(points[0].map(\.x) == [10, 31] && logs[0].updates == 31)
            let series = Series("a", seeds: points)
            #expect(
                series.points.map(\.x) == [10, 31.5] && series.points.map { $0.y.rounded() } == [50, 15])
            let loss = Series("a", seeds: logs.map { $0.points(.labelLoss, stretch: 4) })
            #expect(loss.points == [Series.Point(x: 10, y: 1.5, low: 1, high: 2)])
        }
    }

    @Test func runsOfDifferentDataAreRefusedAndNothingIsAnError() throws {
        try withTemporaryFolder { folder in
            #expect(throws: UserError.self) { try ComparisonContent(paths: [folder]) }
            _ = try writeRun("a", seed: 1, error: 0.1, to: folder)
            let other = try writeRun("b", seed: 1, error: 0.1, to: folder)
            #expect(throws: Never.self) { try ComparisonContent(paths: [folder]) }
            try FileManager.default.removeItem(atPath: other.file("result.json"))
            // A run that has not finished has curves and no row.
            let content = try ComparisonContent(paths: [folder])
            #expect(content.rows.count == 1 && content.methods.count == 2)
            #expect(try ComparisonContent(paths: [other.path]).tables.isEmpty)
            var header = try other.header()
            header.data.sha256 = "other"
            try JSONEncoder().encode(header).write(to: URL(fileURLWithPath: other.file("run.json")))
            #expect(throws: UserError.self) { try ComparisonContent(paths: [folder]) }
        }
    }

    @Test func aResultGivenTwiceCountsOnce() throws {
        try withTemporaryFolder { folder in
            let run = try writeRun("a", seed: 1, error: 0.1, to: folder)
            let copy = "\(folder)/a-seed-1.json"
            try FileManager.default.copyItem(atPath: run.file("result.json"), toPath: copy)
            let content = try ComparisonContent(paths: [run.path, copy])
            #expect(content.rows.map(\.results.count) == [1] && content.methods.map(\.runs.count) == [1])
        }
    }

    @Test func oldResultsAreRead() throws {
        let text = String(decoding: try JSONEncoder().encode(result("a", seed: 1, error: 0.1)), as: UTF8.self)
        #expect(!text.contains("scaling") && !text.contains("brier"))
        let read = try JSONDecoder().decode(RunResult.self, from: Data(text.utf8))
        #expect(read.scores.scaling == nil && read.scores[.brier] == nil)
    }
}
