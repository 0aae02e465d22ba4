/// The names of a chart's series above its plot, in as many rows as they need.
struct Legend {
    /// How a series looks in its chart.
    enum Key {
        case curve, area, mark
    }

    private let places: [(name: String, x: Double, row: Int)]
    private let key: Key
    private static let rowHeight = 13.0
    /// Where the rows begin, under the title of the y axis.
    private static let top = 22.0

    /// One series needs no name: the chart's title says what it is.
    init(_ names: [String], _ key: Key) {
        self.key = key
        var (x, row) = (Axes.plotLeft, 0)
        places =
            names.count < 2
            ? []
            : names.map { name in
                let width = 6.2 * Double(name.count) + 32
                if x > Axes.plotLeft, x + width > Axes.width { (x, row) = (Axes.plotLeft, row + 1) }
                defer { x += width }
                return (name, x, row)
            }
    }

    /// Rows beyond the first, which every chart has room for, times their height: what the chart grows by.
    var extraHeight: Double { Double(places.last?.row ?? 0) * Self.rowHeight }

    /// Where the plot may begin.
    var bottom: Double { places.isEmpty ? Self.top : Self.top + 14 + extraHeight }

    var markup: Markup {
        Markup(
            places.enumerated().map { index, place in
                let y = Self.top + Double(place.row) * Self.rowHeight
                return Markup([sample(index, place.x, y), label(place.name, place.x + 20, y + 4, "strong")])
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
        "m0-3.5l3.6 6.2h-7.2z",
    ]
    return Markup(
        "path",
        [
            "fill": Theme.series(index),
            "d": "M\(coordinate(x)) \(coordinate(y))" + shapes[index % shapes.count],
        ], tooltip)
}
