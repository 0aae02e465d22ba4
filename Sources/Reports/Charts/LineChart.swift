import System

/// One quantity over training steps (or any other x).
public struct Series: Sendable {
    public struct Point: Equatable, Sendable {
        public let x: Double
        public let y: Double
        /// The spread drawn as a band around the line: a range over steps or seeds.
        public let low: Double
        public let high: Double

        public init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low ?? y
            self.high = high ?? y
        }
    }

    public let label: String
    public let points: [Point]
    /// The place in the palette, for charts of a page that show the same methods; nil: by its place in the chart.
    public var color: Int?

    /// Points with a NaN or an infinity are dropped; x must ascend for the line to make sense.
    public init(_ label: String, _ points: [Point]) {
        self.label = label
        self.points = points.filter { $0.x.isFinite && $0.y.isFinite && $0.low.isFinite && $0.high.isFinite }
    }

    public init(_ label: String, x: [Double], y: [Double]) {
        self.init(label, zip(x, y).map { Point(x: $0, y: $1) })
    }

    /// Charts draw so many points of a curve at most.
    public static let pointLimit = 150

    /// The curve has at most `limit` points: the first and the last as they are, and between them means of consecutive
    /// points with their range as the band, which keeps every extreme. Pages stay small and noisy curves readable.
    public func thinned(to limit: Int = pointLimit) -> Series {
        precondition(limit > 2)
        guard points.count > limit, let first = points.first, let last = points.last else { return self }
        let inner = points.dropFirst().dropLast()
        let groups = (0..<(limit - 2)).map { i in
            inner.dropFirst(i * inner.count / (limit - 2)).prefix(
                (i + 1) * inner.count / (limit - 2) - i * inner.count / (limit - 2))
        }
        let means = groups.map { group in
            Point(
                x: mean(group.map(\.x)), y: mean(group.map(\.y)), low: group.map(\.low).min(),
                high: group.map(\.high).max())
        }
        var series = Series(label, [first] + means + [last])
        series.color = color
        return series
    }
}

/// Curves over a common x, with bands, reference lines and an optional logarithmic y axis.
public struct LineChart: Sendable {
    public var title: String
    public var xTitle: String
    /// The title names the quantity and its unit.
    public var yTitle: String
    public var series: [Series]
    /// Horizontal lines to compare with, such as a paper's value.
    public var references: [(label: String, y: Double)] = []
    public var logarithmic = false
    public var logarithmicX = false
    /// Whether each point gets a mark, and its spread a bar of its own in place of the band; for few points.
    public var isMarked = false
    /// Positions of the ticks of x; nil for round values.
    public var xTicks: [Double]?

    public init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    /// A sentence under the chart; see ``Chart/note``.
    public var note = ""

    private let height = 196.0
    private var legend: Legend {
        Legend(
            series.enumerated().map { .init(index: $1.color ?? $0, name: $1.label) },
            isMarked ? .mark : .curve)
    }

    public var chart: Chart {
        let shown = series.map { $0.thinned() }
        let points = shown.flatMap(\.points)
        let levels = points.flatMap { [$0.low, $0.high] } + references.map(\.y)
        let axes = Axes(
            height: height,
            x: Scale(
                fitting: points.map(\.x), from: Axes.plotLeft, to: Axes.plotRight, logarithmic: logarithmicX),
            y: Scale(
                fitting: levels, from: height - 30, to: 22,
                logarithmic: logarithmic))
        let drawn = shown.enumerated().map { ($1.color ?? $0, $1) }
        var chart = Chart(
            title: title, summary: summary, width: Axes.width, height: height,
            content: Markup([
                axes.markup(xTitle: xTitle, yTitle: yTitle, ticksAt: xTicks),
                Markup(references.map { rule($0, axes) }),
                Markup(drawn.map { isMarked ? bars($1, $0, axes) : band($1, $0, axes) }),
                Markup(drawn.map { curve($1, $0, axes) }),
                points.isEmpty ? label("no values", Axes.width / 2, height / 2, "mid") : Markup([]),
            ]))
        (chart.legend, chart.note) = (legend, note)
        chart.axes = points.isEmpty ? nil : axes
        return chart
    }

    private var summary: String {
        let parts = series.map { series in
            guard let first = series.points.first, let last = series.points.last else {
                return "\(series.label): no values"
            }
            return "\(series.label): from \(fixed(first.y, 4)) to \(fixed(last.y, 4))"
        }
        return "\(yTitle) over \(xTitle). " + parts.joined(separator: "; ")
    }

    private func curve(_ series: Series, _ index: Int, _ axes: Axes) -> Markup {
        let path = polyline(series.points.map { ($0.x, $0.y) }, axes)
        let color = Theme.series(index)
        if series.points.count == 1, !isMarked, let point = series.points.first, let x = axes.x(point.x),
            let y = axes.y(point.y)
        {
            return Markup(
                "path",
                [
                    "class": "point", "stroke": color, "stroke-width": "6", "stroke-linecap": "round",
                    "data-s": String(index), "data-name": series.label,
                    "d": "M\(coordinate(x)) \(coordinate(y))h0",
                ])
        }
        return path.isEmpty
            ? Markup([])
            : Markup(
                "path",
                [
                    "class": Theme.curve(index), "stroke": color, "data-s": String(index),
                    "data-name": series.label, "d": "M" + path,
                ])
    }

    /// The bars draw a mark and the spread of each point.
    private func bars(_ series: Series, _ index: Int, _ axes: Axes) -> Markup {
        Markup(
            series.points.map { point in
                guard let x = axes.x(point.x), let y = axes.y(point.y), let low = axes.y(point.low),
                    let high = axes.y(point.high)
                else { return Markup([]) }
                let bar = "M\(coordinate(x)) \(coordinate(low))V\(coordinate(high))"
                return Markup([
                    Markup(
                        "path",
                        ["class": "bar", "stroke": Theme.series(index), "data-s": String(index), "d": bar]),
                    mark(index, x, y) {
                        Markup("title") { "\(series.label): \(fixed(point.y, 2)) at \(fixed(point.x, 0))" }
                    },
                ])
            })
    }

    private func band(_ series: Series, _ index: Int, _ axes: Axes) -> Markup {
        guard series.points.contains(where: { $0.high > $0.low }) else { return Markup([]) }
        let upper = polyline(series.points.map { ($0.x, $0.high) }, axes)
        let lower = polyline(series.points.reversed().map { ($0.x, $0.low) }, axes)
        guard !upper.isEmpty, !lower.isEmpty else { return Markup([]) }
        return Markup(
            "path",
            [
                "fill": Theme.series(index), "fill-opacity": "0.16", "data-s": String(index),
                "d": "M\(upper)L\(lower)Z",
            ])
    }

    /// The path through those points the axes can show, without its leading `M`.
    private func polyline(_ points: [(Double, Double)], _ axes: Axes) -> String {
        points.compactMap { x, y in
            guard let x = axes.x(x), let y = axes.y(y) else { return nil }
            return "\(coordinate(x)) \(coordinate(y))"
        }.joined(separator: "L")
    }

    private func rule(_ reference: (label: String, y: Double), _ axes: Axes) -> Markup {
        guard let y = axes.y(reference.y) else { return Markup([]) }
        return Markup([
            line(axes.left, y, axes.right, y, "rule"), label(reference.label, axes.right, y - 3, "end"),
        ])
    }
}
