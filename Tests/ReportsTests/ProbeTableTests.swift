import Evaluation
import Foundation
import Runs
import Testing

@testable import Reports

private func probe(_ labels: Int, _ errors: [Double]) -> ProbeResult {
    ProbeResult(
        network: .trained, phase: 1, classifier: "svm", layers: ["conv1", "conv2"], features: 128,
        labels: labels, holdOut: 300, cost: 1e-3, heldOutError: 0.4, errors: errors)
}

/// A run without a classifier of its own, with probes at 20 and 500 labels.
private func probed(_ name: String, seed: Int, _ error: Double) -> RunResult {
    var result = result(name, seed: seed, error: nil)
    result.labels = 0
    result.probes = [probe(500, [error - 0.01, error + 0.01]), probe(20, [error + 0.2])]
    return result
}

/// A supervised run with so many labels.
private func trained(_ labels: Int, seed: Int, _ error: Double) -> RunResult {
    var result = result("toy/supervised-\(labels)", seed: seed, error: error)
    (result.labels, result.splitRule) = (labels, "class-balanced: \(labels) labels")
    return result
}

@Suite("Probes in tables") struct ProbeTableTests {
    @Test("A table has a column for each number of labels, mean ± sd over seeds")
    func columns() throws {
        let table = try ResultsTable([
            probed("toy/a", seed: 1, 0.4), probed("toy/a", seed: 2, 0.5),
            result("toy/b", seed: 1, error: 0.3),
        ])
        let markdown = table.markdown
        #expect(markdown.contains("| probe, 20 labels, % | probe, 500 labels, % |"))
        #expect(
            markdown.contains("| 65.00 ± 7.07 (2) | 45.00 ± 7.07 (2) |") && markdown.contains("| – | – |"))
        #expect(markdown.contains("svm on 128 features") && markdown.contains("300 training images"))
        let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(Set(rows.map { $0.count { $0 == "|" } }) == [table.columns.count + 1])
        #expect(table.latex.contains("65.00 $\\pm$ 7.07 (2) & 45.00 $\\pm$ 7.07 (2)"))
        let line = try #require(table.csv.split(separator: "\r\n").dropFirst().first)
        #expect(line.hasSuffix("20 500,65.0000 45.0000,7.0711 7.0711"))
        let record = TableRecord(table.rows[0])
        #expect(record.probes?.map(\.labels) == [20, 500])
        #expect(zip(record.probes?[1].errors ?? [], [40, 50]).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test("A table without probes has no columns of them, and a number that a seed lacks is left out")
    func missing() throws {
        let plain = try ResultsTable([result("toy/b", seed: 1, error: 0.3)])
        #expect(!plain.markdown.contains("probe") && TableRecord(plain.rows[0]).probes == nil)
        var lacking = probed("toy/a", seed: 2, 0.5)
        lacking.probes = [probe(500, [0.5])]
        let table = try ResultsTable([probed("toy/a", seed: 1, 0.4), lacking])
        #expect(table.rows[0].probes.map(\.labels) == [500])
    }

    @Test("Old results have no probes, and new ones keep theirs")
    func coding() throws {
        let result = probed("toy/a", seed: 1, 0.4)
        let data = try JSONEncoder().encode(result)
        #expect(try JSONDecoder().decode(RunResult.self, from: data) == result)
        var old = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        old["probes"] = nil
        let bytes = try JSONSerialization.data(withJSONObject: old)
        #expect(try JSONDecoder().decode(RunResult.self, from: bytes).probes == nil)
    }

    @Test("Label efficiency has a curve for runs of rising labels, and one for a row's probes")
    func labelEfficiency() throws {
        let results = [
            trained(500, seed: 1, 0.3), trained(500, seed: 2, 0.4), trained(20, seed: 1, 0.8),
            probed("toy/fce", seed: 1, 0.4), probed("toy/fce", seed: 2, 0.5),
        ]
        let tables = try ComparisonContent.tables(results)
        #expect(tables.map(\.shared.labels) == [0, 20, 500])
        let curves = LabelEfficiency(tables, title: "Figure 4")
        #expect(curves.curves.map(\.name) == ["supervised", "fce, probe"])
        #expect(curves.curves.map { $0.points.map(\.labels) } == [[20, 500], [20, 500]])
        #expect(curves.markdown.contains("| labels | supervised, % | fce, probe, % |"))
        #expect(curves.markdown.contains("| 20 | 80.00 (1) | 65.00 ± 7.07 (2) |"))
        #expect(curves.markdown.contains("| 500 | 35.00 ± 7.07 (2) | 45.00 ± 7.07 (2) |"))
        let lines = curves.csv.split(separator: "\r\n")
        #expect(lines[0] == "curve,labels,error,sd,n,seeds,errors" && lines.count == 5)
        #expect(lines[3] == "\"fce, probe\",20,65.0000,7.0711,2,1 2,60.0000 70.0000")
        try withTemporaryFolder { folder in
            try curves.write(to: folder)
            let svg = try String(contentsOfFile: "\(folder)/label-efficiency.svg", encoding: .utf8)
            #expect(svg.contains("fce, probe") && XMLElements(svg).isWellFormed)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/table.md"))
        }
        let content = try ComparisonContent(tables: tables, runs: [])
        #expect(content.labelEfficiency != nil)
    }

    @Test("A run's page shows the probes of its recipe and of the command")
    func page() throws {
        var content = ReportContent(header: header())
        #expect(!HTMLReport(content).html.contains("Probes"))
        content.probes = [probe(500, [0.4, 0.5])]
        let page = HTMLReport(content).html
        #expect(page.contains("Probes") && page.contains("45.00") && page.contains("conv1, conv2"))
    }
}
