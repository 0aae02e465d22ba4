import Experiments

/// Error by true class: a line a class, and on it a mark for each method.
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

    private static let left = 70.0
    private static let rowHeight = 17.0

    private var classes: Int { methods.map(\.errors.count).max() ?? 0 }

    public var chart: Chart {
        let legend = Legend(methods.map(\.label), .mark)
        let height = legend.bottom + Double(max(classes, 4)) * Self.rowHeight + 34
        let errors = methods.flatMap { $0.errors.map { 100 * $0 } }
        let axes = Axes(
            height: height,
            x: Scale(fitting: errors, from: Self.left, to: Axes.plotRight, includingZero: true),
            y: Scale(domain: 0...Double(max(classes, 1)), from: legend.bottom, to: height - 34))
        return Chart(
            title: title, summary: summary, width: Axes.width, height: height,
            content: Markup([
                scale(axes), Markup((0..<classes).map { row($0, axes) }), legend.markup,
                errors.contains(where: \.isFinite)
                    ? Markup([]) : label("no values", Axes.width / 2, height / 2, "mid"),
            ]))
    }

    private var summary: String {
        let parts = methods.map { method in
            let errors = method.errors.enumerated().map { "\(name($0)) \(percent($1, 1))" }
            return "\(method.label): " + errors.joined(separator: ", ")
        }
        return "Error in percent by true class. " + parts.joined(separator: "; ")
    }

    private func name(_ k: Int) -> String { names.indices.contains(k) ? names[k] : String(k) }

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

    private func row(_ k: Int, _ axes: Axes) -> Markup {
        guard let y = axes.y(Double(k) + 0.5) else { return Markup([]) }
        let short = name(k).count > 11 ? name(k).prefix(10) + "…" : name(k)
        return Markup([
            line(axes.left, y, axes.right, y, "grid"), label(short, axes.left - 6, y + 4, "end"),
            Markup(
                methods.enumerated().map { index, method in
                    let error = k < method.errors.count ? method.errors[k] : .nan
                    guard let x = axes.x(100 * error) else { return Markup([]) }
                    return mark(index, x, y) {
                        Markup("title") { "\(method.label), \(name(k)): \(percent(error)) %" }
                    }
                }),
        ])
    }
}
