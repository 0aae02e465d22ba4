import Foundation
import Runs
import System

/// Test error against the number of labels, of runs and of the probes of their features: Figure 4 of Gao et al. 2020.
public struct LabelEfficiency: Sendable {
    /// One number of labels of one curve.
    struct Point: Sendable {
        let labels: Int
        /// Test error of each seed in percent: a probe's is its mean over draws.
        let errors: [Double]
        let seeds: [Int]

        var summary: Summary { Summary(errors) }
    }

    /// The runs of a recipe with several numbers of labels, or the probes of a recipe.
    struct Curve: Sendable {
        let name: String
        /// The points come by rising number of labels.
        let points: [Point]
    }

    let curves: [Curve]
    let title: String
    private let tables: [ResultsTable]

    /// - Parameters:
    ///   - tables: of one data set; their rows may differ in labels.
    ///   - title: stands above the chart.
    public init(_ tables: [ResultsTable], title: String) {
        self.tables = tables
        self.title = title
        let rows = tables.flatMap(\.rows)
        let trained = unique(
            rows.filter { $0.error != nil && $0.sample.method != "random-init" }.map(Self.name))
        let probed = unique(rows.filter { !$0.probes.isEmpty }.map(Self.name))
        let names = trained + probed
        func short(_ name: String) -> String {
            let stem = ComparisonContent.stem(name)
            return Set(names).count { ComparisonContent.stem($0) == stem } > 1 ? name : stem
        }
        let runs = trained.map { name in
            Curve(
                name: short(name), points: Self.sorted(rows.filter { Self.name($0) == name }.map(Self.point)))
        }
        let probes = probed.map { name in
            let points = rows.filter { Self.name($0) == name }.flatMap { row in
                row.probes.map { Point(labels: $0.labels, errors: $0.errors, seeds: row.results.map(\.seed)) }
            }
            return Curve(name: short(name) + ", probe", points: Self.sorted(points))
        }
        curves = runs + probes
    }

    private static func name(_ row: ResultsTable.Row) -> String {
        ComparisonContent.withoutLabels(row.sample)
    }

    private static func point(_ row: ResultsTable.Row) -> Point {
        Point(
            labels: row.sample.labels, errors: row.percentages,
            seeds: row.results.map(\.seed))
    }

    private static func sorted(_ points: [Point]) -> [Point] { points.sorted { $0.labels < $1.labels } }

    private var labels: [Int] { Set(curves.flatMap { $0.points.map(\.labels) }).sorted() }

    /// The chart draws each curve over a logarithmic axis; nil where no curve has two points.
    var chart: Chart? {
        guard curves.contains(where: { $0.points.count > 1 }) || labels.count > 1 else { return nil }
        let series = curves.prefix(Theme.seriesLimit).map { curve in
            Series(
                curve.name,
                curve.points.map { point in
                    let (mean, sd) = (point.summary.mean, point.summary.standardDeviation ?? 0)
                    return Series.Point(x: Double(point.labels), y: mean, low: mean - sd, high: mean + sd)
                })
        }
        var chart = LineChart(
            title: title, xTitle: "labels", yTitle: "test error, %, mean ± sd", series: series)
        (chart.logarithmicX, chart.isMarked) = (true, true)
        chart.xTicks = labels.map(Double.init)
        chart.note =
            "Test error against the number of labels, with the sample standard deviation over seeds. A good method is low "
            + "at the left, where labels are few."
            + (curves.count > series.count
                ? " Drawn are the first \(series.count) of \(curves.count) curves." : "")
        return chart.chart
    }
}

// MARK: - Written forms

extension LabelEfficiency {
    var caption: String {
        let results = tables.flatMap(\.rows).flatMap(\.results)
        let notes = tables.flatMap { $0.notes + $0.probeSentences }
        let seeds = Set(results.map(\.seed)).sorted().map(String.init).joined(separator: ", ")
        let head = [
            "Test error in percent against the number of labels, mean ± sample sd (n seeds), last iterate.",
            "Data: \(unique(results.map(\.dataName)).joined(separator: ", ")) (SHA-256 "
                + "\(results.first?.dataSHA256.prefix(12) ?? "")); seeds \(seeds).",
            "Networks: " + unique(results.map(\.network)).joined(separator: ", ") + ".",
            machineSentence(results),
        ]
        return (head + unique(notes)).joined(separator: " ")
    }

    /// The titles of the columns, one a curve after that of the labels.
    var head: [String] { ["labels"] + curves.map { $0.name + ", %" } }

    /// Each number of labels has its row.
    var rows: [[String]] {
        labels.map { count in
            [String(count)]
                + curves.map { curve in
                    let point = curve.points.first { $0.labels == count }
                    return point.map { "\(meanAndDeviation($0.errors, 2)) (\($0.errors.count))" } ?? "–"
                }
        }
    }

    /// Each number of labels has its row and each curve its column, under a caption.
    public var markdown: String {
        let lines = ([head, head.map { _ in "---:" }] + rows).map {
            "| " + $0.map(escapedForMarkdown).joined(separator: " | ") + " |"
        }
        let commands = unique(tables.flatMap(\.commands)).map { "    " + $0.replacing("\n", with: " ") }
        return
            ([markdownHeading(title), "", escapedForMarkdown(caption), ""] + lines
            + ["", "Made by:", ""] + commands).joined(separator: "\n") + "\n"
    }

    /// Each point has its line: curve, labels, mean, sample sd, n, seeds, errors.
    public var csv: String {
        let lines = curves.flatMap { curve in
            curve.points.map { point in
                let summary = point.summary
                return [
                    curve.name, String(point.labels), fixed(summary.mean, 4),
                    summary.standardDeviation.map { fixed($0, 4) } ?? "", String(summary.count),
                    point.seeds.map(String.init).joined(separator: " "),
                    point.errors.map { fixed($0, 4) }.joined(separator: " "),
                ].map(csvQuoted).joined(separator: ",")
            }
        }
        return (["curve,labels,error,sd,n,seeds,errors"] + lines).joined(separator: "\r\n") + "\r\n"
    }

    /// Writes `table.md`, `table.csv` and, where there are curves, `label-efficiency.svg` into a folder.
    /// - Throws: `UserError(.output)`.
    public func write(to folder: String) throws {
        try AtomicFile.write(markdown, to: "\(folder)/table.md")
        try AtomicFile.write(csv, to: "\(folder)/table.csv")
        try chart?.write(to: "\(folder)/label-efficiency.svg")
    }
}
