import Datasets
import Foundation
import Scores
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Reports
@testable import Runs
@testable import Tables
@testable import Training

private func elements(_ page: String) -> XMLElements {
    XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count)))
}

/// Predictions of `count` images in `classes`: image i is of class i mod K, every third is taken for the next class.
func predictions(_ count: Int, classes: Int) throws -> Predictions {
    var probabilities = [Float](repeating: 0, count: count * classes)
    let labels = (0..<count).map { $0 % classes }
    for image in 0..<count {
        let guess = image % 3 == 0 ? (labels[image] + 1) % classes : labels[image]
        probabilities[image * classes + guess] = 0.5 + Float(image % 50) / 100
    }
    return try Predictions(probabilities: probabilities, labels: labels, classes: classes)
}

private func images(_ count: Int, classes: [String]) -> ImageDataset {
    ImageDataset(
        name: "t", height: 2, width: 2, channels: 3, classNames: classes,
        pixels: [UInt8](repeating: 100, count: count * 12), labels: (0..<count).map { $0 % classes.count },
        files: (0..<count).map { "test/\(classes[$0 % classes.count])/\($0).jpg" })
}

/// Names that try to break out of a page, or to turn its text around.
private let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'a' & \u{0}\u{1B}[31m",
    "x\u{202E}gpj.exe\u{2066}",
    "\u{85}]]>\u{FEFF}", "</style></title><b>",
]

@Suite struct PageTests {
    @Test func theLastPointOfAPhaseIsItsEvaluationInBothKindsOfPages() throws {
        let rows = [
            MetricsRow(phase: "energy", phaseIndex: 0, step: 1000, time: 1, values: ["testError": 0.5]),
            .init(phase: "energy", phaseIndex: 0, step: 1500, time: 2, values: ["testError": 0.375]),
            .init(
                phase: "energy", phaseIndex: 0, step: 1500, time: 2, event: "phaseEnd",
                values: ["testError": 0.25, "heldOutError": 0.125]),
            .init(phase: "joint", phaseIndex: 1, step: 7, time: 3, event: "switch", values: ["testError": 1]),
            .init(
                phase: "joint", phaseIndex: 1, step: 9, time: 3, event: "phaseEnd",
                values: ["testError": 0.1875]),
        ]
        let log = try metrics(rows)
        let phases = PhaseCurves.phases(log, gates: [:])
        let energy = try #require(phases[0].series(.testError, "test"))
        #expect(energy.points.map(\.x) == [1000, 1500] && energy.points.map(\.y) == [50, 25])
        #expect(phases[0].charts.map(\.title) == ["Error"])
        // A joint phase that was never tested on the way has its evaluation.
        let joint = [Series.Point(x: 0, y: 25), .init(x: 9, y: 18.75)]
        #expect(phases[1].series(.testError, "test")?.points == joint)
        #expect(phases[1].series(.heldOutError, "held out") == nil, "it has no value of its own")
        let compared = Series("a", seeds: [log.points(.testError, stretch: nil)])
        #expect(compared.points.last == Series.Point(x: 1509, y: 18.75))
        #expect(compared.points.contains(Series.Point(x: 1500, y: 25)))
    }

    @Test func theOrderIsThatOfTheReadersQuestions() throws {
        var content = ReportContent(header: header())
        content.predictions = try predictions(12, classes: 2)
        content.header.data.test = 12
        content.mistakes = try ClassMistakes.worst(content.predictions, listed: [], of: nil)
        content.evaluation = RunEvaluation(phases: [], energies: .init(data: [1, 2], samples: [0, 1]))
        let page = HTMLReport(content).html
        let places = ["Confusion", "Mistakes", "Calibration", "Density", "Samples", "Curves", "Settings"].map
        {
            page.range(of: "<h2>\($0)</h2>")?.lowerBound
        }
        #expect(!places.contains(nil) && zip(places, places.dropFirst()).allSatisfy { $0.0! < $0.1! })
        #expect(places[0]! > page.range(of: "33.33 %")!.lowerBound)
        #expect(page.contains("95 % interval 13.81 to 60.94 %: 4 of 12 test images are wrong"))
        // Every chart is told about.
        let charts = page.components(separatedBy: "role=\"img\"").count - 1
        #expect(charts == page.components(separatedBy: "class=\"note\"").count - 1 && charts == 4)
    }

    @Test func mistakesStandUnderTheirClassesWithTheirFiles() throws {
        let names = ["cat", "dog"]
        let mistakes = try ClassMistakes.worst(
            try predictions(40, classes: 2), listed: [], of: images(40, classes: names))
        #expect(
            mistakes.map(\.label) == [0, 1] && mistakes.map(\.wrong) == [7, 7]
                && mistakes.map(\.count) == [20, 20])
        #expect(mistakes[0].images.map(\.image.index) == [36, 30, 24, 18, 12, 6, 0], "the surest first")
        var content = ReportContent(header: header())
        (content.mistakes, content.classNames) = (mistakes, names)
        content.predictions = try predictions(40, classes: 2)
        let page = HTMLReport(content).html
        #expect(page.contains("<bdi>cat</bdi>: 7 of 20 test images wrong"))
        #expect(page.contains("alt=\"test/cat/36.jpg, of class cat, taken for dog\""))
        #expect(page.components(separatedBy: "<img ").count - 1 == 14)
        // Without predictions the surest that the evaluation lists are all there is.
        let listed = try ClassMistakes.worst(
            nil, listed: [.init(index: 3, label: 1, predicted: 0, probability: 0.9)], of: nil)
        #expect(listed.count == 1 && listed[0].wrong == nil && listed[0].images[0].file == nil)
    }

    @Test func subsetsKeepTheFilesOfTheirImages() {
        let all = images(4, classes: ["a", "b"])
        #expect(all.subset([2, 1], name: "s").files == ["test/a/2.jpg", "test/b/1.jpg"])
        #expect(all.appendingUnlabelled(all).files.count == 8)
    }

    @Test func aClassWithoutTestImagesIsCalledSo() throws {
        var content = ReportContent(header: header())
        content.evaluation = RunEvaluation(phases: [.init(name: "supervised", steps: 1, seconds: 1)])
        content.evaluation?.phases[0].scores.confusion = [[3, 1, 0], [0, 0, 0], [1, 0, 1]]
        content.classNames = ["cat", "zebra", "ship"]
        let page = HTMLReport(content).html
        #expect(page.contains("no test images") && page.contains("25.00"))
        #expect(!page.lowercased().contains("nan") && elements(page).isWellFormed)
        // A mean over seeds of nothing is nothing.
        content.evaluation?.phases[0].scores.confusion = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
        #expect(HTMLReport(content).html.contains("No predictions"))
    }

    @Test func aScoreOfLaterVersionsIsShownWhereItIsKnown() throws {
        var content = ReportContent(header: header())
        content.evaluation = RunEvaluation(
            phases: ["energy", "joint"].map { .init(name: $0, steps: 1, seconds: 1, scores: [.brier: 0.25]) })
        #expect(!HTMLReport(content).html.contains("AUROC"))
        content.evaluation?.phases[1].scores[.aurocMistakes] = 0.8125
        let page = HTMLReport(content).html
        #expect(page.contains("<b>0.812</b><span>confidence AUROC (higher is better)</span>"))
        let phases = try #require(page.range(of: "Scores at the end of each phase"))
        let table = page[phases.upperBound...]
        #expect(table.contains(">confidence AUROC (higher is better)<") && table.contains(">0.812<"))
    }

    @Test func aRunWithoutTestImagesIsCalledNotTested() throws {
        var content = ReportContent(header: header())
        content.result = result("a", seed: 1, error: nil)
        #expect(HTMLReport(content).html.contains("<b>not tested</b>"))
        content.header.method = "flow"
        #expect(HTMLReport(content).html.contains("the method has no classifier"))
        content.result = nil
        #expect(HTMLReport(content).html.contains("<b>not finished</b>"))
    }

    @Test func namesCannotBreakOutOfAPage() throws {
        var content = ReportContent(header: header(name: hostile[0]))
        content.classNames = hostile
        content.predictions = try predictions(60, classes: hostile.count)
        content.mistakes = try ClassMistakes.worst(
            content.predictions, listed: [], of: images(60, classes: hostile))
        let page = HTMLReport(content).html
        let found = elements(page)
        #expect(found.isWellFormed && found.names["script"] == 1 && found.names["b"] == 1 + 0)
        #expect(!hostile.contains { page.contains($0) })
        for scalar: Unicode.Scalar in ["\u{0}", "\u{1B}", "\u{85}", "\u{202E}", "\u{2066}", "\u{FEFF}"] {
            #expect(!page.unicodeScalars.contains(scalar), "U+\(String(scalar.value, radix: 16))")
        }
        #expect(page.contains("x&lt;U+202E&gt;gpj.exe&lt;U+2066&gt;"))
        // Should a name get through all the same, the browser would not run it.
        #expect(page.contains("default-src &#39;none&#39;") && page.contains("script-src &#39;sha256-"))
    }

    @Test func tablesNameTheirRowsAndCanBeReachedByKeyboard() throws {
        let page = "\(table("What it shows", ["name", "n"], [["<a>", "2"], ["b", "1"]], numeric: [1]))"
        let found = XMLElements(page)
        #expect(found.names["caption"] == 1 && found.names["th"] == 4 && found.names["td"] == 2)
        #expect(
            page.contains("scope=\"row\"") && page.contains("scope=\"col\"")
                && page.contains("tabindex=\"0\""))
        #expect(page.contains("class=\"sort\"") && page.contains("aria-label=\"What it shows\""))
        let keyed = "\(table("c", ["n", "time"], [["a", "2 min"], ["b", "9 s"]], keys: [1: [120, 9]]))"
        #expect(keyed.contains("data-v=\"120.0\""))
    }

    @Test func theWordsBesideThePapersNumberSayWhatDiffers() throws {
        var one = result("svhn10k/500-fce", seed: 1, error: 0.2, paper: 7.05)
        (one.testCount, one.network, one.base) = (2000, "conv-small × 0.5, mean pooling", "moving")
        one.steps = ["energy": 4000, "joint": 10]
        let data = header().data
        let words = try #require(paperDifference(one, data))
        for part in [
            "73\u{202F}257 training", "0.5 times the width", "4\u{202F}000 updates", "base moving",
            "(Table 4)",
        ] {
            #expect(words.contains(part), "\(part) in \(words)")
        }
        one.dataName = "Photos"
        #expect(paperDifference(one, data) == nil, "of another paper nothing is known")
        one.dataName = "svhn10k"
        (one.testCount, one.network, one.base) = (26_032, "conv-small", "none")
        one.steps = ["energy": 50_000]
        #expect(paperDifference(one) == nil)
        one.paper = nil
        #expect(paperDifference(one) == nil)
    }

    @Test(arguments: [(0, 10, 0.0, 0.27754), (10, 100, 0.05523, 0.17437), (10, 10, 0.72246, 1)])
    func wilsonsIntervalIsThatOfTheTables(wrong: Int, count: Int, low: Double, high: Double) throws {
        let interval = try #require(wilsonInterval(share: Double(wrong) / Double(count), count: count))
        #expect(abs(interval.lower - low) < 1e-5 && abs(interval.upper - high) < 1e-5)
        #expect(wilsonInterval(share: 0.5, count: 0) == nil && wilsonInterval(share: .nan, count: 5) == nil)
    }

    @Test func thePagesScriptIsShort() {
        #expect(PageScript.source.split(separator: "\n", omittingEmptySubsequences: false).count <= 200)
        #expect(!PageScript.source.contains("http") && !PageScript.source.contains("fetch"))
    }
}

/// A log with these rows.
func metrics(_ rows: [MetricsRow]) throws -> MetricsLog {
    var log: MetricsLog?
    try withTemporaryFolder { folder in
        let path = folder + "/metrics.jsonl"
        let writer = try MetricsWriter(path: path)
        for row in rows { try writer.append(row) }
        log = try MetricsLog(path: path)
    }
    return try #require(log)
}
