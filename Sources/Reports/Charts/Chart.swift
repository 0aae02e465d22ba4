import System

/// A drawing of fixed proportions that scales with its container: inline in a page, or as a file of its own.
public struct Chart: Sendable {
    public let title: String
    /// The words tell readers who cannot see the chart what it shows.
    public let summary: String
    /// A sentence for all readers: what the chart shows, and what good looks like.
    public var note = ""
    let width: Double
    /// The height leaves the legend out, which a page shows beside the picture and a file under it.
    let height: Double
    let content: Markup
    var legend = Legend([String](), .curve)
    /// The axes of curves that the script of a page can read values from.
    var axes: Axes?

    init(title: String, summary: String, width: Double, height: Double, content: Markup) {
        self.title = title
        self.summary = summary
        self.width = width
        self.height = height
        self.content = content
    }

    /// The `svg` element for an HTML page whose style sheet has the theme.
    public var inline: Markup { svg(standalone: false) }

    /// A complete SVG file with its colours, light and dark.
    public var file: String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(svg(standalone: true))\n"
    }

    /// Writes ``file`` in place of whatever is at `path`.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public func write(to path: String) throws { try AtomicFile.write(file, to: path) }

    /// The drawing with its legend under it.
    var whole: (content: Markup, height: Double) {
        (
            Markup([content, legend.markup(top: height + 8, width: width)]),
            height + legend.height(width: width)
        )
    }

    private func svg(standalone: Bool) -> Markup {
        let height = standalone ? whole.height : height
        return Markup(
            "svg",
            [
                "xmlns": standalone ? "http://www.w3.org/2000/svg" : nil,
                "viewBox": "0 0 \(coordinate(width)) \(coordinate(height))", "class": "chart", "role": "img",
                "width": standalone ? coordinate(width) : nil,
                "data-x": standalone ? nil : axes?.x.source, "data-y": standalone ? nil : axes?.y.source,
            ]
        ) {
            Markup("title") { title }
            Markup("desc") { summary }
            if standalone {
                Markup("style") {
                    Markup.verbatim(Theme.variables + Theme.chartRules)
                }
                Markup("rect", ["width": "100%", "height": "100%", "fill": "var(--paper)"])
                whole.content
            } else {
                content
            }
        }
    }
}

/// The frame of charts with two numeric axes: ticks, grid and axis titles around a plot area.
struct Axes {
    static let width = 360.0
    let height: Double
    let x: Scale
    let y: Scale
    var left: Double { x.from }
    var right: Double { x.to }
    var top: Double { y.to }
    var bottom: Double { y.from }

    static let plotLeft = 46.0
    static let plotRight = width - 10

    /// Grid lines, tick labels and titles; the grid runs along y only, where values are read.
    ///
    /// - Parameter places: where x has ticks; nil: at round values.
    func markup(xTitle: String, yTitle: String, ticksAt places: [Double]? = nil) -> Markup {
        let yTicks = y.ticks(about: 4)
        let xTicks = places ?? x.ticks(about: 5)
        return Markup([
            Markup(zip(yTicks, tickLabels(yTicks)).map(horizontal)),
            Markup(zip(xTicks, tickLabels(xTicks)).map(vertical)),
            line(left, bottom, right, bottom, "axis"),
            label(xTitle, right, height - 4, "end axis-title"),
            label(yTitle, 2, 10, "start"),
        ])
    }

    private func horizontal(_ tick: Double, _ text: String) -> Markup {
        guard let at = y(tick) else { return Markup([]) }
        return Markup([line(left, at, right, at, "grid"), label(text, left - 5, at + 4, "end")])
    }

    private func vertical(_ tick: Double, _ text: String) -> Markup {
        guard let at = x(tick) else { return Markup([]) }
        // A label at the right end must not leave the picture.
        let middle = min(at, Self.width - 3.4 * Double(text.count))
        return Markup([line(at, bottom, at, bottom + 3, "axis"), label(text, middle, bottom + 14, "mid")])
    }
}

func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
    Markup(
        "path",
        [
            "class": style,
            "d": "M\(coordinate(x1)) \(coordinate(y1))L\(coordinate(x2)) \(coordinate(y2))",
        ])
}

func label(_ text: String, _ x: Double, _ y: Double, _ style: String) -> Markup {
    Markup("text", ["x": coordinate(x), "y": coordinate(y), "class": style]) { text }
}

func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, opacity: Double = 1,
    @MarkupBuilder tooltip: () -> Markup = { Markup([]) }
) -> Markup {
    Markup(
        "rect",
        [
            "x": coordinate(x), "y": coordinate(y), "width": coordinate(max(width, 0)),
            "height": coordinate(max(height, 0)), "fill": fill,
            "fill-opacity": opacity < 1 ? coordinate(max(opacity, 0)) : nil,
        ], tooltip)
}
