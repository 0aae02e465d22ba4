import Datasets
import Evaluation
import Foundation
import Methods
import Recipes
import Runs
import Scores
import System
import Testing
import Training

@testable import Reports

private let hostile = "<script>alert(\"x\")</script>&'"

/// Writes a small run with everything a report can show.
private func writeRun(to folder: String) throws {
    let run = RunFiles(path: folder)
    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: run.file(name), atomically: true, encoding: .utf8)
    }
    func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    try FileManager.default.createDirectory(atPath: run.samples, withIntermediateDirectories: true)
    try write(try json(header(name: hostile)), "run.json")
    try write(try json(result(hostile, seed: 1, error: 0.25, paper: 7.05)), "result.json")
    try write("name = \"\(hostile)\"\n", "recipe.toml")
    let metrics = [
        #"{"phase":"flow-mle","phaseIndex":0,"step":1,"time":1,"bpd":3.5}"#,
        #"{"phase":"joint","phaseIndex":1,"step":1,"time":2,"value":-1,"gateEMA":0.5,"turn":1,"dData":null}"#,
        #"{"phase":"joint","phaseIndex":1,"step":2,"time":3,"event":"switch","to":"flow"}"#,
        #"{"phase":"joint","phaseIndex":1,"step":2,"time":4,"value":-0.5,"gateEMA":0.6,"turn":0,"testError":0.25}"#,
    ]
    try write(metrics.joined(separator: "\n") + "\n", "metrics.jsonl")
    var phase = PhaseScores(name: hostile, steps: 10, seconds: 5)
    phase.scores[.testError] = 0.25
    let evaluation = RunEvaluation(
        phases: [phase], energies: .init(data: [1, 2, 3], samples: [-1, 0, 1]),
        hardest: [.init(index: 3, label: 0, predicted: 1, probability: 0.9)])
    try write(try json(evaluation), "evaluation.json")
    try SafetensorsFile(
        tensors: [
            "probabilities": SafetensorsEntry(
                floats: [0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.1, 0.9], shape: [4, 2]),
            "labels": SafetensorsEntry(int32s: [0, 1, 0, 0], shape: [4]),
        ]
    ).write(to: run.predictions)
    let grid = SampleGrid([Float](repeating: 0, count: 24), height: 2, width: 2, channels: 3)
    try grid.picture.write(to: run.samples + "/1-joint.jpg")
}

private func images() -> ImageDataset {
    ImageDataset(
        name: "t", height: 2, width: 2, channels: 3, classNames: [hostile, "two"],
        pixels: [UInt8](repeating: 100, count: 48), labels: [0, 1, 0, 0])
}

@Suite struct ReportTests {
    @Test func theFullPageIsWellFormedSelfContainedAndEscaped() throws {
        try withTemporaryFolder { folder in
            try writeRun(to: folder)
            let page = HTMLReport(try ReportContent(RunFiles(path: folder), testImages: images())).html
            let elements = XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count)))
            #expect(elements.isWellFormed)
            #expect(elements.names["script"] == 1 && elements.names["link"] == nil, "the page's own script")
            #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("url("))
            #expect(!page.contains(hostile) && page.contains("&lt;script&gt;"))
            #expect(elements.names["img"] == 2, "a sample grid and the one mistake")
            #expect((elements.names["svg"] ?? 0) >= 7)
            #expect(page.contains("25.00 %") && page.contains("The paper has 7.05 ± 0.28 %"))
        }
    }

    @Test func calibrationAndOtherImagesStandInThePage() throws {
        try withTemporaryFolder { folder in
            try writeRun(to: folder)
            var content = try ReportContent(RunFiles(path: folder))
            #expect(HTMLReport(content).html.contains("holds out no training images"))
            content.evaluation?.phases[0].scores[.heldOutError] = 0.5
            #expect(HTMLReport(content).html.contains("of an older version"))
            content.evaluation?.phases[0].scores[.brier] = 0.3125
            content.evaluation?.phases[0].scores.scaling = .init(
                temperature: 2.5, heldOutCount: 1000, testNLL: 0.75, ece: 0.04, brier: 0.25)
            content.evaluation?.energies?.dataLogP = [5, 6]
            content.evaluation?.energies?.samplesLogP = [7, 8]
            content.evaluation?.otherSets = [
                .init(name: hostile, images: 3, testImages: 3, aurocLogP: 0.875, logP: [-1e18, .nan]),
                .init(name: "only classified", images: 3, testImages: 3, aurocConfidence: 0.625),
            ]
            let page = HTMLReport(content).html
            let elements = XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count)))
            #expect(elements.isWellFormed && !page.contains(hostile))
            for text in ["scaled by T = 2.50", "0.750", "0.312", "0.875", "0.625", "Error by class"] {
                #expect(page.contains(text), "\(text)")
            }
            #expect(!elements.attributes.contains { $0.contains("nan") || $0.contains("inf") })
            // A second diagram, log p, and log p of the one set that has a density.
            func charts(_ page: String) -> Int { page.components(separatedBy: "role=\"img\"").count - 1 }
            let before = HTMLReport(try ReportContent(RunFiles(path: folder))).html
            #expect(charts(page) - charts(before) == 3)
        }
    }

    @Test func aRunThatJustStartedSaysWhatIsMissing() throws {
        let page = HTMLReport(ReportContent(header: header())).html
        #expect(XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count))).isWellFormed)
        for reason in [
            "No sample grids", "Nothing was logged", "No predictions", "No histogram", "recipe.toml",
            "not finished",
        ] {
            #expect(page.contains(reason))
        }
    }

    @Test func missingFilesAreLeftOutAndDamagedOnesRefused() throws {
        try withTemporaryFolder { folder in
            #expect(throws: UserError.self) { try ReportContent(RunFiles(path: folder)) }
            try writeRun(to: folder)
            try FileManager.default.removeItem(atPath: folder + "/result.json")
            let content = try ReportContent(RunFiles(path: folder))
            #expect(
                content.result == nil && content.gates.isEmpty && content.mistakes.count == 1
                    && content.mistakes[0].images[0].jpeg == nil)
            try "{".write(toFile: folder + "/evaluation.json", atomically: true, encoding: .utf8)
            #expect(throws: UserError.self) { try ReportContent(RunFiles(path: folder)) }
        }
    }

    @Test func gateThresholdsComeFromTheRecipe() throws {
        try withTemporaryFolder { folder in
            try writeRun(to: folder)
            var recipe = Recipe()
            recipe.data.labels = 100
            var joint = JointPhase.Settings()
            (joint.gate.high, joint.gate.low) = (0.525, 0.475)
            recipe.phases = [PlannedPhase(FlowLikelihood.Settings()), PlannedPhase(joint)]
            for index in recipe.phases.indices { recipe.phases[index].steps = 10 }
            try recipe.canonical.write(toFile: folder + "/recipe.toml", atomically: true, encoding: .utf8)
            let content = try ReportContent(RunFiles(path: folder))
            #expect(content.gates == [1: [0.475, 0.525]])
            let path = folder + "/report.html"
            try HTMLReport(content).write(to: path)
            let page = try String(contentsOfFile: path, encoding: .utf8)
            // Two thresholds; the diagonal of the reliability diagram is the third rule.
            #expect(page.components(separatedBy: "class=\"rule\"").count - 1 == 3)
        }
    }

    @Test func aPlaneRunShowsItsDensities() throws {
        let json = #"{"extent":[-1,1,-1,1],"size":1,"grids":{"flow":[0],"class0":[0],"class1":[0]}}"#
        var content = ReportContent(header: header())
        content.plane = try PlaneDensities(json: Data(json.utf8), file: "densities.json")
        let page = HTMLReport(content).html
        let elements = XMLElements(String(page.dropFirst("<!DOCTYPE html>\n".count)))
        #expect(elements.isWellFormed && elements.names["image"] == 6)
        #expect(page.contains("points of the plane") && !page.contains("No sample grids"))
    }
}

@Suite struct SampleGridTests {
    @Test func imagesAreTiledRowByRow() {
        let grid = SampleGrid([-0.5, 0, 0.25], height: 1, width: 1, channels: 1, columns: 2)
        #expect(grid.width == 4 && grid.height == 4)
        func grey(_ x: Int, _ y: Int) -> [UInt8] {
            Array(grid.pixels[((y * 4 + x) * 3)..<((y * 4 + x) * 3 + 3)])
        }
        #expect(grey(0, 0) == [0, 0, 0] && grey(3, 0) == [128, 128, 128] && grey(0, 3) == [192, 192, 192])
        #expect(grey(1, 0) == [255, 255, 255] && grid.clippedShare == 0)
    }

    @Test func gridsStandInRowsWithAWiderGap() {
        func grid(_ value: Float) -> SampleGrid { SampleGrid([value], height: 1, width: 1, channels: 1) }
        let picture = SampleGrid(rows: [[grid(-0.5), grid(0)], [grid(0.25), grid(-2)]])
        #expect(picture.width == 18 && picture.height == 18 && picture.clippedShare == 0.25)
        func grey(_ x: Int, _ y: Int) -> UInt8 { picture.pixels[(y * 18 + x) * 3] }
        #expect(grey(0, 0) == 0 && grey(17, 0) == 128 && grey(0, 17) == 192 && grey(17, 17) == 0)
        #expect(grey(1, 0) == 255 && grey(9, 9) == 255)
    }

    @Test func onlyThePictureIsClippedAndTheShareIsKnown() {
        let grid = SampleGrid([-2, .nan, 0.5, 0.499], height: 1, width: 4, channels: 1)
        #expect(grid.pixels[0] == 0 && grid.pixels[3] == 0 && grid.pixels[6] == 255 && grid.pixels[9] == 255)
        #expect(grid.clippedShare == 0.75)
    }

    @Test func theFileDecodesToTheTiles() throws {
        try withTemporaryFolder { folder in
            let values = (0..<4).flatMap { image in [Float](repeating: Float(image) / 8 - 0.25, count: 64 * 3)
            }
            let grid = SampleGrid(values, height: 8, width: 8, channels: 3)
            try grid.picture.write(to: folder + "/grid.jpg")
            let image = try Picture.read(folder + "/grid.jpg")
            #expect(image.width == 18 && image.height == 18)
            let center = (4 * 18 + 4) * 3
            #expect(abs(Int(image.pixels[center]) - 64) <= 6)
        }
    }
}
