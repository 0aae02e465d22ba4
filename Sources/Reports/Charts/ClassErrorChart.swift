import System

/// Error by true class: a line a class, and on it a mark for each method. Of many classes the worst are shown.
public struct ClassErrorChart: Sendable {
    public var title: String
    /// Errors in 0...1, `[K]`; NaN for a class without images.
    public var methods: [(label: String, errors: [Double])]
    public var names: [String]

    public init(title: String, methods: [(label: String, errors: [Double])], names: [String] = []) {
        self.title = title
        self.methods = methods
        self.names = names
    }

    /// More classes than this no chart shows.
    static let limit = 40
    private static let left = 76.0
    private static let rowHeight = 17.0
    private static let top = 22.0

    private var classes: Int { methods.map(\.errors.count).max() ?? 0 }

    /// All classes in their order, or those with the largest mean error, the worst first.
    private var shown: [Int] {
        guard classes > Self.limit else { return Array(0..<classes) }
        let means = (0..<classes).map { k in
            mean(methods.compactMap { k < $0.errors.count && $0.errors[k].isFinite ? $0.errors[k] : nil })
        }
        let tested = means.indices.filter { means[$0].isFinite }
        return Array(tested.sorted { (means[$0], $1) > (means[$1], $0) }.prefix(Self.limit))
    }

    public var chart: Chart {
        let shown = shown
        let height = Self.top + Double(max(shown.count, 4)) * Self.rowHeight + 34
        let errors = methods.flatMap { $0.errors.map { 100 * $0 } }
        let axes = Axes(
            height: height,
            x: Scale(fitting: errors, from: Self.left, to: Axes.plotRight, includingZero: true),
            y: Scale(domain: 0...Double(max(shown.count, 1)), from: Self.top, to: height - 34))
        let hasErrors = errors.contains(where: \.isFinite)
        var chart = Chart(
            title: title, summary: summary(shown), width: Axes.width, height: height,
            content: Markup([
                scale(axes), Markup(shown.enumerated().map { row($1, at: $0, axes) }),
                hasErrors ? Markup([]) : label("no values", Axes.width / 2, height / 2, "mid"),
            ]))
        chart.legend = Legend(methods.map(\.label), .mark)
        chart.note =
            "A mark is the share of a class's test images that were misclassified. Good marks lie close to 0; those far "
            + "to the right are the classes to look at first."
            + (classes > Self.limit
                ? " Shown are the \(shown.count) worst of \(grouped(classes)) classes." : "")
        return chart
    }

    private func summary(_ shown: [Int]) -> String {
        let parts = methods.map { method in
            let errors = shown.map { k in
                "\(name(k, limit: 40)) \(error(method.errors, k).map { percent($0, 1) } ?? Self.untested)"
            }
            return "\(method.label): " + errors.joined(separator: ", ")
        }
        return "Error in percent by true class. " + parts.joined(separator: "; ")
    }

    private static let untested = "no test images"

    private func name(_ k: Int, limit: Int) -> String {
        names.indices.contains(k) ? shortened(names[k], to: limit) : String(k)
    }

    private func error(_ errors: [Double], _ k: Int) -> Double? {
        k < errors.count && errors[k].isFinite ? errors[k] : nil
    }

    /// The axis of errors under the rows, with its ticks running up through them.
    private func scale(_ axes: Axes) -> Markup {
        let ticks = axes.x.ticks(about: 5)
        let bottom = axes.height - 34
        return Markup([
            Markup(
                zip(ticks, tickLabels(ticks)).map { tick, text in
                    guard let x = axes.x(tick) else { return Markup([]) }
                    return Markup([
                        line(x, axes.bottom, x, bottom, "grid"), label(text, x, bottom + 14, "mid"),
                    ])
                }),
            label("error, %", axes.right, axes.height - 4, "end"), label("true class", 2, 12, "start"),
        ])
    }

    private func row(_ k: Int, at place: Int, _ axes: Axes) -> Markup {
        guard let y = axes.y(Double(place) + 0.5) else { return Markup([]) }
        let isTested = methods.contains { error($0.errors, k) != nil }
        return Markup([
            line(axes.left, y, axes.right, y, "grid"),
            label(name(k, limit: 12), axes.left - 6, y + 4, "end"),
            isTested ? Markup([]) : label(Self.untested, axes.left + 4, y + 4, "start"),
            Markup(
                methods.enumerated().map { index, method in
                    guard let error = error(method.errors, k), let x = axes.x(100 * error) else {
                        return Markup([])
                    }
                    return mark(index, x, y) {
                        Markup("title") { "\(method.label), \(name(k, limit: 40)): \(percent(error)) %" }
                    }
                }),
        ])
    }
}

/// A name of at most `limit` characters: its beginning and an ellipsis where it is longer.
func shortened(_ name: String, to limit: Int) -> String {
    name.count > limit ? name.prefix(limit - 1) + "…" : name
}
