import Experiments

/// The charts of several methods beside each other.
extension ComparisonContent {
    /// Test error against the number of labels, a line a method and a line a probe; nil unless there are several numbers.
    var labelEfficiency: Chart? { LabelEfficiency(tables, title: "Label efficiency").chart }

    /// A recipe's name without its number of labels: `svhn10k/500-fce` and `svhn10k/250-fce` are one method.
    static func withoutLabels(_ result: RunResult) -> String {
        let folders = result.recipe.split(separator: "/").dropLast()
        let words = stem(result.recipe).split(separator: "-")
            .filter { $0 != String(result.labels) && $0 != "all" }
        return (folders + [Substring(words.joined(separator: "-"))]).joined(separator: "/")
    }

    /// Means over seeds with their range, against updates.
    var learningCurves: [Chart] {
        [
            curves("Test error", "%", "testError", scale: 100, isTest: true),
            curves("Held-out error", "%", "heldOutError", scale: 100, isTest: true),
            curves("Label loss", "nats", "labelLoss", isLogarithmic: true),
            curves("Contrastive value V", "nats", "value"), logDensityCurves?.chart,
        ].compactMap(\.self)
    }

    private func curves(
        _ title: String, _ unit: String, _ key: String, scale: Double = 1, isTest: Bool = false,
        isLogarithmic: Bool = false
    ) -> Chart? {
        let series = methods.map { method in
            let logs = method.runs.compactMap(\.metrics)
            // 60 stretches: fine enough to see, wide enough that every seed has values in each.
            let stretch = max(1, Double(logs.map(\.updates).max() ?? 0) / 60)
            return Series(
                shortName(method.recipe),
                seeds: logs.map { $0.points(key, scale: scale, stretch: isTest ? nil : stretch) })
        }.filter { !$0.points.isEmpty }
        guard !series.isEmpty else { return nil }
        var chart = LineChart(title: title, xTitle: "update", yTitle: unit, series: series)
        chart.isMarked = series.allSatisfy { $0.points.count < 12 }
        let values = series.flatMap { $0.points.map(\.low) }
        chart.logarithmic = isLogarithmic && (values.min() ?? 0) > 0
        return chart.chart
    }

    var classErrors: [(label: String, errors: [Double])] {
        methods.compactMap { method in method.classErrors.map { (shortName(method.recipe), $0) } }
    }

    /// Each method's diagram, and beside it the one after temperature scaling.
    func reliability() throws -> [Chart] {
        try methods.flatMap { method in
            let name = shortName(method.recipe)
            return try [(false, name), (true, name + ", scaled")].compactMap { isScaled, title in
                try method.predictions(isScaled: isScaled).map {
                    ReliabilityDiagram(title: title, calibration: $0.calibration()).chart
                }
            }
        }
    }

    /// The gate's history in each run that has one.
    var gates: [Chart] {
        methods.flatMap { method in
            method.runs.flatMap { run in
                let phases = run.metrics.map { PhaseCurves.phases($0, gates: run.gates) } ?? []
                return phases.compactMap { $0.gate("\(shortName(method.recipe)), seed \(run.header.seed)") }
            }
        }
    }
}
