import Evaluation
import Foundation
import Runs
import Scores
import System
import Testing

@testable import Reports

@Suite struct TableTests {
    private func table() throws -> ResultsTable {
        try ResultsTable([
            result("a|b", seed: 3, error: 0.0762, paper: 7.05), result("plain", seed: 1, error: 0.2),
            result("a|b", seed: 1, error: 0.0731, paper: 7.05),
            result("a|b", seed: 2, error: 0.0695, paper: 7.05),
        ])
    }

    @Test func rowsAreCellsWithMeanSpreadAndDifference() throws {
        let table = try table()
        #expect(table.rows.map(\.sample.recipe) == ["a|b", "plain"])
        let row = table.rows[0]
        #expect(row.results.map(\.seed) == [1, 2, 3])
        #expect(abs(try #require(row.difference) - (StatisticsGolden.seedMean - 7.05)) < 1e-9)
        let interval = try #require(row.differenceInterval)
        #expect(abs(interval.lower - StatisticsGolden.seedInterval.0) < 1e-9)
        #expect(table.rows[1].difference == nil && table.rows[1].differenceInterval == nil)
    }

    @Test func markdownShowsEverySeedAndKeepsItsColumns() throws {
        let markdown = try table().markdown
        #expect(markdown.contains("7.29 ± 0.34 (3)") && markdown.contains("7.31, 6.95, 7.62"))
        #expect(markdown.contains("+0.24 [−0.59, +1.08]"))
        #expect(markdown.contains("flow-mle 10, joint 20") && markdown.contains("fce train plain.toml"))
        let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        let bars = rows.map { $0.replacing("\\|", with: "").count { $0 == "|" } }
        #expect(try rows.count == 4 && Set(bars) == [table().columns.count + 1])
        #expect(markdown.contains("| base | ") && !markdown.contains("with log Z"))
    }

    @Test func theTimeOfWhatRunsShareCountsOnce() throws {
        var results = [1, 2].map { result("a", seed: $0, error: 0.1) }
        #expect(!(try ResultsTable(results).caption.contains("Training took")))
        for index in results.indices {
            results[index].phases = [
                .init(name: "flow-mle", steps: 1, seconds: 600.25),
                .init(name: "energy", steps: 1, seconds: 1200.5 + Double(index)),
            ]
        }
        #expect(
            try ResultsTable(results).caption.contains(
                ". Training took 50 min, what runs share counted once."))
    }

    @Test func csvQuotesAndKeepsItsColumns() throws {
        let lines = try table().csv.split(separator: "\r\n")
        #expect(
            lines.count == 3
                && lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 34 }
        )
        let quoted = try ResultsTable([result("a,\"b\"", seed: 1, error: 0.1)]).csv
        #expect(quoted.split(separator: "\r\n")[1].hasPrefix("\"a,\"\"b\"\"\",fce,"))
    }

    @Test func jsonHoldsTheNumbers() throws {
        struct Content: Decodable { let rows: [TableRecord] }
        let content = try JSONDecoder().decode(Content.self, from: Data(try table().json().utf8))
        #expect(content.rows[0].errors.map { ($0 * 100).rounded() } == [731, 695, 762])
        #expect(content.rows[1].paperError == nil)
    }

    @Test func densitiesStandBesideTheirNormalizer() throws {
        var results = [1, 2].map { result("a", seed: $0, error: nil) }
        for index in results.indices {
            results[index].phases = [
                .init(name: "flow-mle", steps: 1, seconds: 1, scores: [.flowBitsPerDim: 3]),
                .init(name: "joint", steps: 1, seconds: 1, scores: [.flowBitsPerDim: 2.5]),
            ]
            results[index].scores[.energyBitsPerDim] = 2.25
            results[index].scores[.normalizedBitsPerDim] = 2.75
            results[index].scores.logZ = LogNormalizer(estimate: 5, effectiveSampleSize: 400, samples: 1000)
        }
        let reliable = try ResultsTable(results)
        #expect(reliable.markdown.contains("| 3.000 → 2.500 | 2.250 | 2.750 | +5.000 (40.0 %) |"))
        #expect(!reliable.markdown.contains("ours, %") && reliable.caption.hasPrefix("Means over seeds"))
        results[1].scores.logZ?.effectiveSampleSize = 4
        #expect(try ResultsTable(results).markdown.contains("| 2.750 | +5.000 (0.4 %, unreliable) |"))
    }

    @Test func distancesOfSamplesHaveColumnsAndMustBeOfOneKind() throws {
        func quality(_ frechet: Double, samples: Int = 1000) -> SampleQuality {
            SampleQuality(
                kind: .classifier, network: "net, seed 1", networkHash: "n", features: 64, samples: samples,
                images: 7000, imagesSHA256: "i", frechet: frechet, kernel: 0.5, kernelError: 0.1)
        }
        var results = [1, 2].map { result("a", seed: $0, error: 0.1) }
        for index in results.indices {
            results[index].sampleQuality = [quality(Double(10 + 2 * index))]
            results[index].scores[.frechetDistance] = Double(10 + 2 * index)
        }
        let table = try ResultsTable(results)
        #expect(
            table.markdown.contains("| Fréchet distance |") && table.markdown.contains("| 11.000 ± 1.414 |"))
        #expect(
            table.caption.contains(
                "Fréchet distance: 1000 samples against all 7000 training images, 64 features of net, seed 1."
            ))
        results[1].sampleQuality = [quality(12, samples: 2000)]
        let error = #expect(throws: UserError.self) { try ResultsTable(results) }
        #expect(error?.kind == .data && error?.what.contains("2000 samples") == true)
    }

    @Test func likelihoodAndCalibrationStandBesideTheError() throws {
        var results = [1, 2].map { result("a", seed: $0, error: 0.1) }
        (results[0].scores[.testNLL], results[1].scores[.testNLL]) = (1, 2)
        results[0].scores[.ece] = 0.1
        let table = try ResultsTable(results)
        #expect(table.markdown.contains("| 1.500 ± 0.707 | flow-mle 10, joint 20 |"))
        let record = TableRecord(table.rows[0])
        #expect(record.scores[.testNLL]?.mean == 1.5 && record.scores[.ece] == nil)
        #expect(table.csv.hasSuffix(",1.5000,0.7071,,,,,,,,,,\r\n"))
    }

    @Test func aScoreOfLaterVersionsHasItsColumnWhereRowsHaveIt() throws {
        var results = [1, 2].map { result("a", seed: $0, error: 0.1) }
        let old = try ResultsTable(results)
        for index in results.indices { results[index].scores[.aurocMistakes] = 0.75 + 0.125 * Double(index) }
        let table = try ResultsTable(results)
        for text in [old.markdown, old.csv, try old.json(), old.latex, old.terminal(width: 200)] {
            #expect(!text.lowercased().contains("auroc"))
        }
        let head = table.csv.split(separator: "\r\n")[0]
        #expect(head == old.csv.split(separator: "\r\n")[0] + ",auroc_mistakes,auroc_mistakes_sd")
        #expect(table.csv.hasSuffix(",0.8125,0.0884\r\n"))
        #expect(
            table.markdown.contains("| confidence AUROC |") && table.markdown.contains("| 0.812 ± 0.088 |"))
        #expect(table.latex.contains("0.812 $\\pm$ 0.088"))
        #expect(table.terminal(width: 200).contains("confidence AUROC"))
        let record = try JSONDecoder().decode(
            TableRecord.self, from: Data(try jsonText(TableRecord(table.rows[0])).utf8))
        #expect(record == TableRecord(table.rows[0]))
        let figure = try #require(record.scores[.aurocMistakes])
        #expect(figure.mean == 0.8125)
        #expect(abs((figure.deviation ?? 0) - 0.125 / 2.0.squareRoot()) < 1e-12)
    }

    @Test func latexEscapes() throws {
        let latex = try ResultsTable([result("a_b & 5%", seed: 1, error: 0.1)]).latex
        #expect(latex.contains("a\\_b \\& 5\\%") && latex.contains("\\bottomrule"))
    }

    @Test(arguments: ["data", "split", "selection", "protocol", "seed", "error"])
    func whatIsNotComparableIsNotMerged(what: String) throws {
        let first = result("cell", seed: 1, error: 0.1)
        var other = result("cell", seed: 2, error: 0.2)
        #expect(try ResultsTable([first, other]).rows.count == 1)
        switch what {
        case "data": other.dataSHA256 = "b"
        case "split": other.splitRule = "random"
        case "selection": other.selection = "best epoch"
        case "protocol": other.protocolHash = "b"
        case "seed": other.seed = 1
        default: other.scores[.testError] = nil
        }
        #expect(throws: UserError.self) { try ResultsTable([first, other]) }
    }

    @Test func theCaptionSaysWhichRunsShareAFlow() throws {
        func caption(_ flows: [(name: String, seed: Int, flow: String?)]) throws -> String {
            try ResultsTable(
                flows.map {
                    var one = result($0.name, seed: $0.seed, error: 0.1)
                    (one.flowHash, one.flowSeed) = ($0.flow, 1)
                    return one
                }
            ).caption
        }
        let shared = try caption([("a", 1, "F"), ("a", 2, "F"), ("b", 1, "F"), ("c", 1, nil)])
        #expect(shared.contains("One flow, of seed 1, was trained once and is shared by all runs of a, b."))
        let own = try caption([("a", 1, "F"), ("a", 2, "G"), ("b", 1, "F"), ("b", 2, "G")])
        #expect(own.contains("Every seed has a trained flow of its own, shared by a, b."))
        let mixed = try caption([("a", 1, "F"), ("a", 2, "G"), ("b", 1, "H")])
        #expect(mixed.contains("3 trained flows serve the 3 runs of a, b."))
        #expect(try !caption([("a", 1, nil), ("b", 1, nil)]).contains("flow,"))
    }

    @Test func theCaptionSaysWhichRowsDiffer() throws {
        var (first, second) = (result("a", seed: 1, error: 0.1, paper: 7), result("b", seed: 1, error: 0.2))
        #expect(try !ResultsTable([first, second]).caption.contains("differ in"))
        (first.base, second.network) = ("moving", "conv-large")
        let caption = try ResultsTable([first, second]).caption
        #expect(caption.contains("Rows differ in base: moving (a), none (b)."))
        #expect(caption.contains("Rows differ in network: conv-small (a), conv-large (b)."))
        #expect(caption.contains("The paper's base is none, that of these rows is not: a."))
    }

    @Test func aTableIsWrittenInAllItsForms() throws {
        try withTemporaryFolder { folder in
            var table = try table()
            table.title = "50 % | <b>"
            table.notes = ["Not finished yet: c."]
            try table.write(to: folder)
            func text(_ name: String) throws -> String {
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            }
            #expect(try text("table.md") == table.markdown && text("table.csv") == table.csv)
            #expect(table.markdown.hasPrefix("# 50 % \\| &lt;b>\n\n"))
            #expect(try text("table.tex").hasPrefix("% 50 % | <b>\n% Test error"))
            let json = try text("table.json")
            #expect(json.contains("\"title\" : \"50 % | <b>\"") && json.contains("Not finished yet: c."))
            // A table beside results is not taken for one of them.
            #expect(throws: UserError.self) { try ResultFiles.read([folder]) }
            try JSONEncoder().encode(table.rows[0].results[0])
                .write(to: URL(fileURLWithPath: "\(folder)/a-seed-1.json"))
            #expect(try ResultFiles.read([folder]).count == 1)
        }
    }

    @Test func seedsThatShareAFlowAreNotMixedWithOthers() throws {
        var results = [1, 2, 3].map { result("a", seed: $0, error: 0.1) }
        #expect(throws: Never.self) { try ResultsTable(results) }
        results[0].flowSeed = 2
        #expect(throws: UserError.self) { try ResultsTable(results) }
    }

    @Test func differentProtocolsAreDifferentRows() throws {
        var other = result("other", seed: 1, error: 0.2)
        other.protocolHash = "b"
        #expect(try ResultsTable([result("cell", seed: 1, error: 0.1), other]).rows.count == 2)
        #expect(throws: UserError.self) { try ResultsTable([]) }
    }

    @Test func methodsWithoutClassifierHaveARow() throws {
        let table = try ResultsTable([result("flow", seed: 1, error: nil, paper: 7)])
        #expect(table.rows[0].error == nil && table.rows[0].difference == nil)
        #expect(!table.markdown.contains("ours, %") && table.markdown.contains("2.500"))
    }

    @Test func cellsAreComparedImageByImage() throws {
        var a = result("a", seed: 1, error: 0.5)
        var b = result("b", seed: 1, error: 0)
        (a.testCount, b.testCount) = (40, 40)
        a.errors = RunResult.bitmap(of: (0..<40).map { $0 < 20 })
        b.errors = RunResult.bitmap(of: (0..<40).map { _ in false })
        let rows = try ResultsTable([a, b]).rows
        let comparison = try RunComparison(rows[0], against: rows[1])
        #expect(comparison.difference == 50 && comparison.imagesInterval.excludesZero)
        #expect(throws: UserError.self) { try rows[0].wrong(400) }
    }

    @Test func onlyTheSameImagesAreCompared() throws {
        var run = result("a", seed: 1, error: 0.5)
        run.errors = RunResult.bitmap(of: [true, false, true, false])
        (run.scores[.heldOutError], run.heldOutErrors) = (1, RunResult.bitmap(of: [true]))
        func refusal(_ change: (inout RunResult) -> Void) throws -> String? {
            var other = run
            change(&other)
            do {
                _ = try RunComparison([run], against: [other])
                return nil
            } catch let error as UserError {
                return error.what
            }
        }
        #expect(try refusal { $0.seed = 2 } == nil)
        #expect(try refusal { $0.testCount = 3 }?.contains("numbers of test images differ") == true)
        #expect(try refusal { $0.dataSHA256 = "b" }?.contains("the data differ") == true)
        #expect(try refusal { $0.testSHA256 = "b" } == nil, "the other, of old, does not say")
        run.testSHA256 = "a"
        #expect(try refusal { $0.testSHA256 = "b" }?.contains("the test images differ") == true)
        var others = run
        (others.recipe, others.testSHA256) = ("b", "b")
        #expect(throws: UserError.self) { try ResultsTable([run, others]) }
        run = try run.onHeldOut()
        #expect(try refusal { $0.protocolHash = "b" } == nil)
        var moved = result("a", seed: 1, error: 0.5)
        (moved.scores[.heldOutError], moved.heldOutErrors, moved.flowSeed) = (
            1, RunResult.bitmap(of: [true]), 2
        )
        let other = try moved.onHeldOut()
        #expect(throws: UserError.self) { try RunComparison([run], against: [other]) }
        // Their means stand side by side all the same.
        _ = try ResultsTable(
            [run, other].enumerated().map { index, result in
                var result = result
                result.seed = index
                return result
            })
    }
}
