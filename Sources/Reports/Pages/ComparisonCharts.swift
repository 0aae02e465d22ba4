import Evaluation
import Runs
import Scores
import Training

/// The charts of several methods beside each other. A method has one colour in all of them.
extension ComparisonContent {
    /// Test error against the number of labels, a line a method and a line a probe; nil unless there are several
    /// numbers.
    var labelEfficiency: Chart? { LabelEfficiency(tables, title: "Label efficiency").chart }

    /// A recipe's name without its number of labels: `svhn10k/500-fce` and `svhn10k/250-fce` are one method.
    static func withoutLabels(_ result: RunResult) -> String {
        let folders = result.recipe.split(separator: "/").dropLast()
        let words = stem(result.recipe).split(separator: "-")
            .filter { $0 != String(result.labels) && $0 != "all" }
        return (folders + [Substring(words.joined(separator: "-"))]).joined(separator: "/")
    }

    /// The methods that charts show; their tables have all.
    var drawn: ArraySlice<Method> { methods.prefix(Theme.seriesLimit) }

    /// Means over seeds with their range, against updates.
    var learningCurves: [Chart] {
        let charts = [
            curves(.testError, in: Self.testError, isTest: true),
            curves(.heldOutError, in: Self.heldOutError, isTest: true),
            curves(.labelLoss, in: .labelLoss, isTest: false), curves(.value, in: .value, isTest: false),
        ]
        return (charts + [logDensityCurves?.chart]).compactMap(\.self)
    }

    private static let testError = MetricChart(
        "Test error", unit: "%",
        note:
            "The share of misclassified test images, a method's last point being its result. Good curves end low "
            + "and have a narrow band.")

    private static let heldOutError = MetricChart(
        "Held-out error", unit: "%",
        note:
            "The share of misclassified images among the training images that were held out: settings are chosen by "
            + "it. Good curves end low.")

    /// The chart draws a line for each method.
    private func curves(_ metric: Metric, in plot: MetricChart, isTest: Bool) -> Chart? {
        let series = drawn.enumerated().map { index, method in
            let logs = method.runs.compactMap(\.metrics)
            // 60 stretches: fine enough to see, wide enough that every seed has values in each.
            let stretch = max(1, Double(logs.map(\.updates).max() ?? 0) / 60)
            var series = Series(
                shortName(method.recipe),
                seeds: logs.map {
                    $0.points(metric, stretch: isTest ? nil : stretch)
                })
            series.color = index
            return series
        }.filter { !$0.points.isEmpty }
        guard !series.isEmpty else { return nil }
        var chart = LineChart(title: plot.title, xTitle: "update", yTitle: plot.unit, series: series)
        chart.isMarked = series.allSatisfy { $0.points.count < 12 }
        let values = series.flatMap { $0.points.map(\.low) }
        chart.logarithmic = plot.isLogarithmic && (values.min() ?? 0) > 0
        chart.note = plot.note
        return chart.chart
    }

    var classErrors: [(label: String, errors: [Double])] {
        drawn.compactMap { method in method.classErrors.map { (shortName(method.recipe), $0) } }
    }

    /// Methods whose reliability and gates are drawn.
    static let panelLimit = 14

    /// Each method's diagram, and beside it the one after temperature scaling.
    func reliability() throws -> [Chart] {
        try methods.prefix(Self.panelLimit).flatMap { method in
            let name = shortName(method.recipe)
            return try [(false, name), (true, name + ", scaled")].compactMap { isScaled, title in
                try method.predictions(isScaled: isScaled).map {
                    ReliabilityDiagram(title: title, calibration: $0.calibration()).chart
                }
            }
        }
    }

    /// The gate's history in each method's first run that has one.
    var gates: [Chart] {
        methods.prefix(Self.panelLimit).flatMap { method -> [Chart] in
            for run in method.runs {
                let phases = run.metrics.map { PhaseCurves.phases($0, gates: run.gates) } ?? []
                let charts = phases.compactMap {
                    $0.gate("\(shortName(method.recipe)), seed \(run.header.seed)")
                }
                if !charts.isEmpty { return Array(charts.prefix(2)) }
            }
            return []
        }
    }

    /// The sentence says what charts leave out of a page about very many methods; nil where they leave out nothing.
    var limitSentence: String? {
        guard methods.count > Self.panelLimit else { return nil }
        return
            "Charts show the first \(drawn.count) of \(methods.count) methods, reliability and gates the first "
            + "\(Self.panelLimit); the tables have all. `fce report` of fewer runs draws the others."
    }
}
