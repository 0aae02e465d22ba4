/// The names of a chart's series: a list in a page, rows under the picture in a file.
struct Legend: Sendable {
    /// The key says how a series looks in its chart.
    enum Key: Sendable {
        case curve, area, mark
    }

    /// One series: its place in the palette, and its name.
    struct Entry: Sendable, Equatable {
        let index: Int
        let name: String
    }

    let entries: [Entry]
    private let key: Key
    private static let rowHeight = 13.0

    init(_ entries: [Entry], _ key: Key) {
        self.entries = entries
        self.key = key
    }

    init(_ names: [String], _ key: Key) {
        self.init(names.enumerated().map { Entry(index: $0, name: $1) }, key)
    }

    /// One series needs no name: the chart's title says what it is.
    var isNeeded: Bool { entries.count > 1 }

    /// The list of a page. Its script lets readers hide the series.
    var list: Markup? {
        guard isNeeded else { return nil }
        return Markup("ul", ["class": "legend"]) {
            for entry in entries {
                Markup("li", ["data-of": String(entry.index)]) {
                    Markup(
                        "svg",
                        [
                            "viewBox": "0 0 20 12", "width": "20", "height": "12", "class": "chart key",
                            "aria-hidden": "true",
                        ]
                    ) { sample(entry.index, 2, 6) }
                    Markup("bdi") { entry.name }
                }
            }
        }
    }

    // MARK: Rows under a picture

    /// Each entry has its place: as many stand in a row as fit.
    private func places(_ width: Double) -> [(entry: Entry, x: Double, row: Int)] {
        var (x, row) = (0.0, 0)
        return entries.map { entry in
            let own = 6.2 * Double(entry.name.count) + 32
            if x > 0, x + own > width { (x, row) = (0, row + 1) }
            defer { x += own }
            return (entry, x, row)
        }
    }

    /// The rows add so much height to a picture.
    func height(width: Double) -> Double {
        guard isNeeded, let last = places(width).last else { return 0 }
        return Double(last.row + 1) * Self.rowHeight + 6
    }

    func markup(top: Double, width: Double) -> Markup {
        guard isNeeded else { return Markup([]) }
        return Markup(
            places(width).map { entry, x, row in
                let y = top + Double(row) * Self.rowHeight
                return Markup([sample(entry.index, x + 2, y), label(entry.name, x + 22, y + 4, "strong")])
            })
    }

    private func sample(_ index: Int, _ x: Double, _ y: Double) -> Markup {
        switch key {
        case .curve:
            Markup(
                "path",
                [
                    "class": Theme.curve(index), "stroke": Theme.series(index),
                    "d": "M\(coordinate(x)) \(coordinate(y))h16",
                ])
        case .area: rectangle(x + 2, y - 5, 12, 10, fill: Theme.series(index), opacity: 0.6)
        case .mark: mark(index, x + 8, y)
        }
    }
}

/// A point of series `index`: colours and shapes both differ, for readers and printers without colour.
func mark(_ index: Int, _ x: Double, _ y: Double, @MarkupBuilder tooltip: () -> Markup = { Markup([]) })
    -> Markup
{
    let shapes = [
        "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", "m-2.7-2.7h5.4v5.4h-5.4z", "m0-3.8l3.8 3.8l-3.8 3.8l-3.8-3.8z",
        "m0-3.5l3.6 6.2h-7.2z", "m0 3.5l3.6-6.2h-7.2z",
    ]
    return Markup(
        "path",
        [
            "fill": Theme.series(index), "data-s": String(index),
            "d": "M\(coordinate(x)) \(coordinate(y))" + shapes[index % shapes.count],
        ], tooltip)
}
