import Foundation
import Runs
import Scores
import System
import Testing

@testable import Reports

private let grid = "[0,1,2,3]"

/// A run in the plane that has been tested on its way against a known density.
private func writeRun(
    _ name: String, seed: Int, errors: [Double], classes: Int = 0, kind: String = "joint", to folder: String
) throws -> RunFiles {
    let run = RunFiles(path: "\(folder)/\(name)/seed-\(seed)")
    try FileManager.default.createDirectory(atPath: run.samples, withIntermediateDirectories: true)
    var header = header(name: "2d/\(name)")
    header.seed = seed
    try JSONEncoder().encode(header).write(to: URL(fileURLWithPath: run.file("run.json")))
    let grids = (["flow", "energy"] + (0..<classes).map { "class\($0)" }).map { "\"\($0)\":\(grid)" }
        .joined(separator: ",")
    let points = #""points":[[0,0,0],[0.5,0.5,1]],"labelled":[[0.1,0.1,1]]"#
    func write(_ text: String, _ file: String) throws {
        try text.write(toFile: run.file(file), atomically: true, encoding: .utf8)
    }
    let plane = #""extent":[-1,1,-1,1],"size":2"#
    try write("{\(plane),\"grids\":{\(grids)},\(points)}", "samples/densities.json")
    for (phase, kind, update) in [(0, "flow-mle", 9), (1, kind, 100), (1, kind, 20)] {
        let grids = kind == "flow-mle" ? "\"flow\":\(grid)" : grids
        let moment = #""phase":"\#(kind)","phaseIndex":\#(phase),"update":\#(update)"#
        try write("{\(plane),\"grids\":{\(grids)},\(moment)}", "samples/densities-\(phase)-\(update).json")
    }
    var rows = [#"{"phase":"flow-mle","phaseIndex":0,"step":9,"time":1,"flowLogDensityMSE":7}"#]
    for (index, error) in errors.enumerated() {
        let update = 10 * (index + 1)
        // The flow has had its part of the steps.
        let place =
            kind == "joint"
            ? #""step":\#(3 * update + seed),"energyUpdates":\#(update)"# : #""step":\#(update)"#
        let measures = #""energyLogDensityMSE":\#(error),"flowLogDensityMSE":2,"testError":0.5"#
        rows.append(#"{"phase":"\#(kind)","phaseIndex":1,\#(place),"time":2,\#(measures)}"#)
    }
    try write(rows.map { $0 + "\n" }.joined(), "metrics.jsonl")
    return run
}

@Suite struct PlaneFigureTests {
    @Test func everyRunIsARowOfDataAndThreeDensities() throws {
        try withTemporaryFolder { folder in
            let runs = try ["a", "b"].map {
                try ReportContent(writeRun($0, seed: 1, errors: [], to: folder))
            }
            let file = try densityFigure(runs).file
            let elements = XMLElements(file)
            #expect(elements.isWellFormed && elements.names["image"] == 6)
            for title in ["data", "Glow-MLE", "Glow-FCE", "EBM-FCE"] { #expect(file.contains(">\(title)<")) }
            #expect(throws: UserError.self) { try densityFigure([ReportContent(header: header())]) }
        }
    }

    @Test func snapshotsAreInTheOrderOfTraining() throws {
        try withTemporaryFolder { folder in
            let content = try ReportContent(writeRun("a", seed: 1, errors: [], classes: 2, to: folder))
            #expect(content.snapshots.map(\.moment?.update) == [9, 20, 100])
            #expect(content.plane?.moment == nil)
        }
    }

    @Test func learningShowsEveryClassAtEveryMoment() throws {
        try withTemporaryFolder { folder in
            let run = try writeRun("a", seed: 1, errors: [4, 1], classes: 2, to: folder)
            let figure = try #require(try ReportContent(run).learningFigure)
            let elements = XMLElements(figure.file)
            #expect(elements.isWellFormed)
            // The flow at three moments; energy and two classes at the two of the energy.
            #expect(elements.names["image"] == 3 + 2 * 3)
            for title in ["flow-mle 9", "joint 20", "joint 100", "p(x | class 1)", "test error, %"] {
                #expect(figure.file.contains(title))
            }
            let plain = try writeRun("b", seed: 1, errors: [], to: folder)
            #expect(try ReportContent(plain).learningFigure == nil)
        }
    }

    @Test func curvesHaveASeriesARecipeOverTheEnergysUpdates() throws {
        try withTemporaryFolder { folder in
            var runs: [ReportContent] = []
            for seed in 1...2 {
                let scale = Double(seed)
                runs += [
                    try ReportContent(writeRun("fce", seed: seed, errors: [8 * scale, 2], to: folder)),
                    try ReportContent(
                        writeRun("nce", seed: seed, errors: [9, scale], kind: "energy", to: folder)),
                ]
            }
            let curves = try #require(try ComparisonContent(tables: [], runs: runs).logDensityCurves)
            let lines = curves.csv.split(separator: "\r\n").map(String.init)
            #expect(lines[0] == "recipe,seed,energy_updates,energy_log_density_mse,flow_log_density_mse")
            #expect(lines[1] == "fce,1,10,8.000000,2.000000" && lines.count == 9)
            #expect(lines.contains("nce,2,20,2.000000,2.000000"))
            let file = curves.chart.file
            #expect(file.contains("fce: from 12.0000 to 2.0000"))
            #expect(file.contains("nce: from 9.0000 to 1.5000"))
            #expect(XMLElements(file).isWellFormed)
            try curves.write(to: folder)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/log-density.svg"))
            #expect(try String(contentsOfFile: "\(folder)/log-density.csv", encoding: .utf8) == curves.csv)
            #expect(try ComparisonContent(tables: [], runs: []).logDensityCurves == nil)
        }
    }

    @Test func tablesOfKnownDensitiesShowTheirErrors() throws {
        let results = (1...2).map { seed in
            var one = result("2d/fce", seed: seed, error: nil)
            one.scores = [.flowLogDensityMSE: 0.5, .energyLogDensityMSE: 0.25 * Double(seed)]
            one.scores.logZ = .init(estimate: 0.125, effectiveSampleSize: 900 - Double(seed), samples: 1000)
            one.phases = [
                .init(name: "flow-mle", steps: 1, seconds: 1, scores: [.flowLogDensityMSE: 0.75])
            ]
            return one
        }
        let table = try ResultsTable(results)
        let markdown = table.markdown
        #expect(markdown.contains("0.7500 ± 0.0000 | 0.5000 ± 0.0000 | 0.3750 ± 0.1768 | 0.2500, 0.5000"))
        #expect(markdown.contains("+0.125 (89.8 %)") && markdown.contains("mean squared difference"))
        #expect(
            !markdown.contains("ours, %") && !markdown.contains("each seed, %")
                && !markdown.contains("Test error"))
        let lines = table.csv.split(separator: "\r\n")
        let fields = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
        #expect(fields == [34 + 7, 34 + 7])
        let numbers = "0.7500,0.0000,0.5000,0.0000,0.3750,0.1768,0.2500 0.5000"
        #expect(lines[1].hasSuffix("," + numbers))
        #expect(table.latex.contains("nats²"))
        // A classifier's table is as it was.
        let plain = try ResultsTable([result("a", seed: 1, error: 0.1)])
        #expect(!plain.columns.contains { $0.title.contains("nats²") })
        #expect(!plain.csv.contains("mle_flow_mse"))
    }
}
