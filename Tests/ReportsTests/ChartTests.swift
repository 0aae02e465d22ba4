import Evaluation
import Foundation
import FoundationXML
import System
import Testing

@testable import Reports

/// Parses XML and reports whether it is well-formed, and which elements it has.
final class XMLElements: NSObject, XMLParserDelegate {
    private(set) var names: [String: Int] = [:]
    private(set) var attributes: [String] = []
    private(set) var isWellFormed = false

    init(_ source: String) {
        super.init()
        let parser = XMLParser(data: Data(source.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes found: [String: String] = [:]
    ) {
        names[name, default: 0] += 1
        attributes += found.values
    }
}

/// Numbers that come out of training when it goes wrong.
private let hostile: [Double] = [
    1, .nan, .infinity, -.infinity, 0, -1, 1e308, -1e308, -0.0, .greatestFiniteMagnitude,
]

private func lineChart(_ values: [Double], logarithmic: Bool) -> Chart {
    let points = values.enumerated().map { Series.Point(x: Double($0), y: $1, low: $1 - 1, high: $1 + 1) }
    var chart = LineChart(
        title: "a < b", xTitle: "x", yTitle: "y & z",
        series: [
            Series("one", points), Series("two", x: values, y: values), Series("none", []),
        ])
    chart.logarithmic = logarithmic
    chart.references = [("paper", 0.5), ("lost", .nan)]
    return chart.chart
}

/// Values beyond the axis, and more names than a row holds.
private func decided(_ values: [Double]) -> Chart {
    var histogram = Histogram(
        title: "h", xTitle: "nats", samples: (0..<5).map { ("a long name \($0)", $0 == 1 ? [] : values) })
    histogram.deciding = 1
    return histogram.chart
}

/// Points with marks and a logarithmic axis of x.
private func marked(_ values: [Double]) -> Chart {
    let points = values.map { Series.Point(x: $0, y: $0, low: $0 - 1, high: $0 + 1) }
    var chart = LineChart(
        title: "l", xTitle: "labels", yTitle: "%", series: [Series("a", points), Series("b", [])])
    (chart.logarithmicX, chart.isMarked) = (true, true)
    return chart.chart
}

private func charts(_ values: [Double]) -> [Chart] {
    let calibration = Calibration(confidences: values, correct: values.map { _ in true }, bins: 15)
    let matrix = ConfusionMatrix(counts: values.map { _ in values.map { _ in 1 } })
    let size = 4
    let grid = DensityGrid(
        logDensities: (0..<(size * size)).map { values.isEmpty ? .nan : values[$0 % values.count] },
        size: size)
    let panel = DensityPanel(
        title: "p", extent: [0, 1, 0, 1], grid: grid, shading: .logDensity(range: 5),
        points: values.map { PlanePoint(x: $0, y: $0, label: 0) })
    return [
        lineChart(values, logarithmic: false), lineChart(values, logarithmic: true),
        Histogram(title: "h", xTitle: "d (nats)", samples: [("data", values), ("samples", [])]).chart,
        decided(values), marked(values),
        ClassErrorChart(
            title: "c", methods: [("a", values), ("b", []), ("c", values.reversed())], names: ["<b>"]
        ).chart,
        MatrixChart(title: "m", matrix: matrix, names: ["<script>", "\"'&"]).chart,
        ReliabilityDiagram(title: "r", calibration: calibration).chart,
        GateChart(
            title: "g", samples: values.map { .init(step: $0, average: $0, turn: $0) },
            thresholds: [0.5, .nan]
        ).chart,
        Chart(
            title: "d", summary: "", width: 10, height: 10, content: panel.markup(x: 0, y: 0, side: 10)),
    ]
}

/// A colour as eyes see it: OKLab (Ottosson, 2020), and WCAG's contrast.
private struct Hue {
    private let linear: [Double]

    init(_ hex: String) {
        linear = stride(from: 1, to: 7, by: 2).map { start in
            let digits = hex.dropFirst(start).prefix(2)
            let value = Double(Int(digits, radix: 16) ?? 0) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
    }

    private func times(_ rows: [[Double]], _ vector: [Double]) -> [Double] {
        rows.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    private var lab: [Double] {
        let cones = times(
            [
                [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ], linear)
        return times(
            [
                [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ], cones.map(cbrt))
    }

    func distance(_ other: Hue) -> Double {
        zip(lab, other.lab).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    private var luminance: Double { times([[0.2126, 0.7152, 0.0722]], linear)[0] }

    func contrast(_ other: Hue) -> Double {
        let ends = [luminance, other.luminance].sorted()
        return (ends[1] + 0.05) / (ends[0] + 0.05)
    }
}

@Suite struct ChartTests {
    @Test(arguments: [[], hostile, [.nan], [3], [3, 3, 3], (0..<5000).map(Double.init)])
    func chartsAreWellFormedWhateverTheNumbers(values: [Double]) {
        for chart in charts(values.count > 100 ? Array(values.prefix(60)) : values) {
            let file = chart.file
            let elements = XMLElements(file)
            #expect(elements.isWellFormed, "\(chart.title)")
            #expect(elements.names["title"] != nil && elements.names["desc"] != nil)
            #expect(
                !elements.attributes.contains { $0.contains("nan") || $0.contains("inf") }, "\(chart.title)")
        }
    }

    @Test func aLegendTakesTheRowsItNeeds() throws {
        let width = Axes.width
        let one = Legend(["one"], .curve)
        #expect(one.markup(top: 0, width: width).description.isEmpty && one.list == nil)
        let short = Legend(["one", "two"], .curve)
        let long = Legend((0..<5).map { "a long name \($0)" }, .curve)
        #expect(one.height(width: width) == 0 && short.height(width: width) > 0)
        #expect(long.height(width: width) > short.height(width: width))
        #expect(XMLElements("\(try #require(long.list))").names["li"] == 5)
        let elements = XMLElements("<g>\(long.markup(top: 0, width: width))</g>")
        #expect(elements.names["text"] == 5)
        // Every name begins left of the frame's right edge by its own width.
        let positions = elements.attributes.compactMap(Double.init)
        #expect(positions.allSatisfy { $0 <= Axes.width - 6.2 * 13 })
    }

    @Test func aHistogramOfFarOutliersKeepsTheAxisOfTheData() {
        var histogram = Histogram(
            title: "h", xTitle: "nats", samples: [("data", [0, 50, 100]), ("noise", [-1e18, -1e18])])
        #expect(histogram.chart.file.contains("1e"))
        histogram.deciding = 1
        let file = histogram.chart.file
        // The axis is about -100...100, and all noise is in its first bin.
        #expect(file.contains(">−50<") && file.contains(">50<"))
    }

    @Test func classErrorsHaveAMarkForEachMethodAndClass() {
        let chart = ClassErrorChart(
            title: "c", methods: [("a", [0.1, 0.2, .nan]), ("b", [0.3, 0.4, 0.5])], names: ["cat", "dog"])
        let elements = XMLElements(chart.chart.file)
        // One class of `a` has no images; titles are the chart's and the marks'.
        #expect(elements.names["title"] == 1 + 5)
        let untested = ClassErrorChart(title: "c", methods: [("a", [0.1, .nan])], names: ["cat", "zebra"])
        #expect(untested.chart.file.contains(">no test images<"))
        #expect(untested.chart.summary.contains("zebra no test images"))
        #expect(chart.chart.file.contains("a, dog: 20.00 %") && chart.chart.file.contains("b, 2: 50.00 %"))
    }

    @Test func markedPointsShowTheirSpread() {
        let points = [
            Series.Point(x: 100, y: 30, low: 28, high: 32), .init(x: 1000, y: 20, low: 19, high: 21),
        ]
        var chart = LineChart(title: "l", xTitle: "labels", yTitle: "%", series: [Series("a", points)])
        (chart.logarithmicX, chart.isMarked) = (true, true)
        let elements = XMLElements(chart.chart.file)
        #expect(elements.names["title"] == 1 + 2)
        #expect(chart.chart.file.contains("a: 30.00 at 100") && !chart.chart.file.contains("fill-opacity"))
        #expect(chart.chart.file.contains(">200<"), "a logarithmic axis")
    }

    @Test func theEmptyChartSaysSo() {
        #expect(lineChart([], logarithmic: false).file.contains(">no values<"))
        #expect(!lineChart([1, 2], logarithmic: false).file.contains(">no values<"))
    }

    @Test func markupEscapesTextAndAttributes() {
        let markup = Markup("a", ["href": "\"><script>", "gone": nil]) { "x < y & 'z'\u{0}" }
        #expect(
            markup.description
                == "<a href=\"&quot;&gt;&lt;script&gt;\">x &lt; y &amp; &#39;z&#39;\u{FFFD}</a>")
        #expect(Markup("td").description == "<td></td>" && Markup("br").description == "<br/>")
    }

    @Test(arguments: zip([0.0...1, 0...7, -3...12, 12_000...12_900], [0.2, 2, 5, 200]))
    func ticksAreRound(domain: ClosedRange<Double>, step: Double) throws {
        let ticks = Scale(domain: domain, from: 0, to: 1).ticks()
        #expect(ticks.count >= 3 && ticks.count <= 8)
        #expect(abs(ticks[1] - ticks[0] - step) < 1e-9, "\(ticks)")
        #expect(ticks.allSatisfy { domain.contains($0) })
    }

    @Test func logarithmicTicksArePowersOrMultiples() {
        let decades = Scale(domain: 1e-4...1, from: 0, to: 1, logarithmic: true).ticks()
        #expect(decades.count == 5 && abs(decades[0] - 1e-4) < 1e-12)
        let narrow = Scale(domain: 1.5...30, from: 0, to: 1, logarithmic: true).ticks()
        #expect(narrow == [2, 5, 10, 20])
    }

    @Test func tickLabelsHaveTheDecimalsTheyNeed() {
        #expect(tickLabels([0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"])
        #expect(tickLabels([-2, 0, 2]) == ["−2", "0", "2"])
        #expect(tickLabels([0, 10_000, 20_000]) == ["0", "10k", "20k"])
    }

    @Test func thinningKeepsEndsMeansAndExtremes() {
        var values = (0..<982).map { Double($0 % 10) }
        (values[400], values[981]) = (1e6, 77)
        let series = Series("s", x: (0..<982).map(Double.init), y: values)
        let thin = series.thinned(to: 100)
        #expect(thin.points.count == 100)
        #expect(thin.points.first == series.points.first && thin.points.last == series.points.last)
        #expect(thin.points[1] == Series.Point(x: 5.5, y: 4.5, low: 0, high: 9))
        #expect(thin.points.map(\.high).max() == 1e6)
    }

    @Test func colorsDifferAndStandOutFromThePaper() {
        for (colors, paper) in [
            (Theme.colors.map(\.light), Theme.paper.light), (Theme.colors.map(\.dark), Theme.paper.dark),
        ] {
            let own = colors.map(Hue.init)
            #expect(own.allSatisfy { $0.contrast(Hue(paper)) >= 3 }, "WCAG 2 asks for 3 of graphics")
            for i in own.indices {
                for j in 0..<i { #expect(own[i].distance(own[j]) > 0.085, "\(colors[i]) \(colors[j])") }
            }
        }
        let styles = (0..<Theme.seriesLimit).map { Theme.series($0) + Theme.curve($0) }
        #expect(Set(styles).count == styles.count)
    }

    @Test func aMatrixOfManyClassesIsASmallPicture() {
        func chart(_ classes: Int) -> Chart {
            let counts = (0..<classes).map { k in
                (0..<classes).map { $0 == k ? 3 : $0 == (k + 1) % classes ? 1 : 0 }
            }
            return MatrixChart(title: "m", matrix: ConfusionMatrix(counts: counts)).chart
        }
        let few = XMLElements(chart(40).file)
        #expect(few.names["image"] == nil && few.names["rect"] == 2 + 80)
        for classes in [41, 1000] {
            let file = chart(classes).file
            let elements = XMLElements(file)
            #expect(elements.isWellFormed && elements.names["image"] == 1 && elements.names["rect"] == 2)
            #expect(file.utf8.count < 200_000)
        }
        #expect(chart(1000).note.contains("3 by 3 classes") && chart(41).note.contains("a pair of classes"))
    }

    @Test func longNamesOfColumnsLean() {
        let matrix = ConfusionMatrix(counts: (0..<10).map { _ in [Int](repeating: 1, count: 10) })
        let names = ["Ankle boot"] + (1..<10).map(String.init)
        let leaning = MatrixChart(title: "m", matrix: matrix, names: names).chart
        #expect(leaning.file.contains("rotate(45)") && leaning.file.contains(">Ankle boot<"))
        #expect(!MatrixChart(title: "m", matrix: matrix, names: []).chart.file.contains("rotate"))
    }

    @Test func aChartOfManyClassesShowsTheWorst() {
        let errors = (0..<1000).map { Double($0) / 1000 }
        let chart = ClassErrorChart(title: "c", methods: [("a", errors)]).chart
        #expect(XMLElements(chart.file).names["title"] == 1 + ClassErrorChart.limit)
        #expect(chart.summary.contains("a: 999 99.9") && chart.note.contains("40 worst of"))
    }

    @Test func densityShadesPutLargeYFirstAndTheMaximumBrightest() {
        let grid = DensityGrid(logDensities: [0, log(0.5), .nan, -100], size: 2)
        #expect(grid.shades(.density) == [0, 0, 255, 128])
        #expect(grid.shades(.logDensity(range: 200)) == [0, 128, 255, 254])
    }

    @Test func pngHasItsChunks() {
        let png = PNG.encode(indices: [0, 1, 2, 3], width: 2, height: 2, palette: ColorMap.palette)
        #expect(Array(png.prefix(4)) == [0x89, 0x50, 0x4E, 0x47])
        // The end chunk is the same in every file, its checksum included.
        #expect(Array(png.suffix(8)) == [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
        #expect(ColorMap.palette.count == 768)
    }

    @Test func planePictureHasAPanelForEveryDensity() throws {
        let json = """
            {"extent":[-1,1,-1,1],"size":2,"grids":{"flow":[0,1,2,null],"energy":[0,0,0,0],"class0":[0,0,0,0],\
            "class1":[0,0,0,0]},"points":[[0,0,0],[0.5,0.5,1]],"labelled":[[0.1,0.1,1],[9,9,0]]}
            """
        let densities = try PlaneDensities(json: Data(json.utf8), file: "densities.json")
        let elements = XMLElements(planePicture(densities).file)
        #expect(elements.isWellFormed)
        #expect(elements.names["image"] == 4)
        #expect(elements.names["circle"] == 3)
    }

    @Test(arguments: [
        "{", #"{"extent":[0,1,0,1],"size":2,"grids":{"flow":[1]}}"#,
        #"{"extent":[1,0,0,1],"size":1,"grids":{}}"#,
        #"{"extent":[0,1,0,1],"size":99999999999,"grids":{"flow":[1]}}"#,
    ])
    func brokenDensitiesAreRefused(json: String) {
        #expect(throws: UserError.self) { try PlaneDensities(json: Data(json.utf8), file: "densities.json") }
    }
}
