import Methods
import Runs
import Scores
import Training

/// The curves of what one phase of a run logged.
struct PhaseCurves {
    let name: String
    let index: Int
    /// Rows of measurements: updates, tests, and the evaluation at the phase's end.
    let rows: [MetricsRow]
    /// The accuracies at which the gate changes turns.
    var thresholds: [Double] = []
    /// The evaluation at the end of the phase before, whose models this one begins with.
    var start: [String: Double] = [:]

    /// The phases of a run in their order.
    static func phases(_ log: MetricsLog, gates: [Int: [Double]]) -> [PhaseCurves] {
        let phases = Dictionary(grouping: log.rows.filter(\.isMeasurement), by: \.phaseIndex)
        return phases.sorted { $0.key < $1.key }.map { index, rows in
            PhaseCurves(
                name: rows[0].phase, index: index, rows: rows.sorted { $0.step < $1.step },
                thresholds: gates[index] ?? [],
                start: phases[index - 1]?.last { $0.event != nil }?.values ?? [:])
        }
    }

    /// A phase as people call it.
    static func title(_ name: String) -> String {
        Phases.phase(name)?.title ?? name
    }

    /// The curve of one logged quantity; nil where the phase never logged a finite value of it. Of a test and the
    /// phase's evaluation at one update the evaluation counts. A quantity that the phase before ended with begins
    /// there.
    func series(_ metric: Metric, _ label: String) -> Series? {
        guard let key = metric.logKey else { return nil }
        var points: [Series.Point] = []
        for (step, values) in [(0, start)] + rows.map({ ($0.step, $0.values) }) {
            guard let value = values[key], value.isFinite else { continue }
            if points.last?.x == Double(step) { points.removeLast() }
            points.append(Series.Point(x: Double(step), y: value * metric.unit.scale))
        }
        let hasOwn = rows.contains { $0.values[key]?.isFinite == true }
        return hasOwn ? Series(label, points) : nil
    }

    /// Small multiples of everything worth looking at, by what was logged.
    var charts: [Chart] {
        MetricChart.all.compactMap(drawn) + [gate("Gate: whose turn")].compactMap(\.self)
    }

    private func drawn(_ plot: MetricChart) -> Chart? {
        let known = plot.metrics.compactMap { metric in
            metric.curve.flatMap { series(metric, $0.label) }
        }
        guard !known.isEmpty else { return nil }
        // A flow that is held fixed costs the same bits at both ends.
        let isFlat = known.allSatisfy { Set($0.points.map(\.y)).count == 1 && $0.points.count < 3 }
        if isFlat && !plot.isOutcome { return nil }
        var chart = LineChart(title: plot.title, xTitle: "update", yTitle: plot.unit, series: known)
        let values = known.flatMap { $0.points.map(\.y) }
        let (lowest, highest) = (values.min() ?? 0, values.max() ?? 0)
        // A logarithmic axis pays from about a decade on.
        chart.logarithmic = plot.isLogarithmic && lowest > 0 && highest > 20 * lowest
        chart.note = plot.note
        return chart.chart
    }

    /// The gate's history, in phases that have one.
    func gate(_ title: String) -> Chart? {
        let samples = rows.compactMap { row -> GateChart.Sample? in
            guard let average = row.values[Metric.gateEMA.key], let turn = row.values[Metric.turn.key] else {
                return nil
            }
            return GateChart.Sample(step: Double(row.step), average: average, turn: turn)
        }
        return samples.isEmpty
            ? nil : GateChart(title: title, samples: samples, thresholds: thresholds).chart
    }
}
