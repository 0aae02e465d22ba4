import System

/// The gate of alternating updates: its smoothed accuracy over time, and whose turn it was.
public struct GateChart: Sendable {
    public struct Sample: Equatable, Sendable {
        public let step: Double
        /// Moving average of ½(P(d > 0 on data) + P(d < 0 on samples)), in 0...1.
        public let average: Double
        /// 0 for the EBM's turn, 1 for the flow's.
        public let turn: Double

        public init(step: Double, average: Double, turn: Double) {
            self.step = step
            self.average = average
            self.turn = turn
        }
    }

    public var title: String
    public var samples: [Sample]
    /// The accuracies at which turns change.
    public var thresholds: [Double]

    public init(title: String, samples: [Sample], thresholds: [Double] = []) {
        self.title = title
        self.samples = samples.filter { $0.step.isFinite && $0.average.isFinite && $0.turn.isFinite }
        self.thresholds = thresholds
    }

    private static let height = 210.0
    private static let columns = 156

    public var chart: Chart {
        let steps = Scale(
            fitting: samples.map(\.step), from: Axes.plotLeft, to: Axes.plotRight)
        let averages = samples.map(\.average) + thresholds
        let axes = Axes(
            height: Self.height, x: steps,
            y: Scale(fitting: averages, from: Self.height - 30, to: 52))
        let flowShare = mean(samples.map(\.turn))
        var chart = Chart(
            title: title,
            summary: samples.isEmpty
                ? "No updates were logged."
                : "Smoothed gate accuracy over updates; \(percent(flowShare, 0)) % of logged turns were the flow's.",
            width: Axes.width, height: Self.height,
            content: Markup([
                axes.markup(xTitle: "update", yTitle: "gate accuracy (moving average)"), strip(axes),
                Markup(
                    thresholds.compactMap { axes.y($0) }.map { line(axes.left, $0, axes.right, $0, "rule") }),
                curve(axes),
                samples.isEmpty ? label("no values", Axes.width / 2, Self.height / 2, "mid") : Markup([]),
            ]))
        chart.note =
            "The curve is how often the energy tells data from samples, smoothed; the strip shows whose turn it was. "
            + "In a balanced game the curve keeps crossing the dashed threshold, and both models get turns."
        chart.axes = samples.isEmpty ? nil : axes
        return chart
    }

    /// The turns: columns blend from the EBM's colour to the flow's by the share of turns they cover.
    private func strip(_ axes: Axes) -> Markup {
        let groups = binned(axes)
        let width = (axes.right - axes.left) / Double(Self.columns)
        let bars = groups.enumerated().compactMap { column, group -> Markup? in
            guard !group.isEmpty else { return nil }
            let x = axes.left + Double(column) * width
            return rectangle(x, 34, width + 0.2, 10, fill: Theme.series(1), opacity: mean(group.map(\.turn)))
        }
        return Markup([
            rectangle(axes.left, 34, axes.right - axes.left, 10, fill: Theme.series(0), opacity: 0.3),
            Markup(bars), label("turn", axes.left - 5, 43, "end"),
            rectangle(axes.left, 17, 12, 10, fill: Theme.series(0), opacity: 0.3),
            label("EBM", axes.left + 16, 26, "strong"),
            rectangle(axes.left + 56, 17, 12, 10, fill: Theme.series(1)),
            label("flow", axes.left + 72, 26, "strong"),
        ])
    }

    private func curve(_ axes: Axes) -> Markup {
        let points = samples.map { Series.Point(x: $0.step, y: $0.average) }
        let path = Series("gate", points).thinned().points.compactMap { point -> String? in
            guard let x = axes.x(point.x), let y = axes.y(point.y) else { return nil }
            return "\(coordinate(x)) \(coordinate(y))"
        }.joined(separator: "L")
        guard !path.isEmpty else { return Markup([]) }
        return Markup(
            "path", ["class": "curve", "stroke": Theme.series(2), "data-name": "accuracy", "d": "M" + path])
    }

    /// The samples under each column of the strip; an empty column repeats its neighbour to the left.
    private func binned(_ axes: Axes) -> [[Sample]] {
        var groups = [[Sample]](repeating: [], count: Self.columns)
        for sample in samples {
            guard let x = axes.x(sample.step) else { continue }
            let share = (x - axes.left) / (axes.right - axes.left)
            groups[min(Int(share * Double(Self.columns)), Self.columns - 1)].append(sample)
        }
        for column in groups.indices.dropFirst() where groups[column].isEmpty {
            groups[column] = groups[column - 1]
        }
        return groups
    }
}
