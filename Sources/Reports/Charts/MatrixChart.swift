import Experiments

/// A confusion matrix as a heat map: hits in one hue, misses in another, so that errors stand out however few. Of many
/// classes it is a picture of a pixel a cell.
public struct MatrixChart: Sendable {
    public var title: String
    public var matrix: ConfusionMatrix
    public var names: [String]

    public init(title: String, matrix: ConfusionMatrix, names: [String] = []) {
        self.title = title
        self.matrix = matrix
        self.names = names
    }

    /// Beyond so many classes a rectangle a cell would make a page heavy and would show no more.
    static let limit = 40
    private static let width = 360.0
    private static let (left, top) = (70.0, 30.0)

    private var classes: Int { matrix.counts.count }

    public var chart: Chart {
        let side = Self.width - Self.left - 4
        let height = Self.top + side + 14
        var chart = Chart(
            title: title, summary: summary, width: Self.width, height: height,
            content: Markup([
                label("predicted class →", Self.left, 10, "start"), label("true ↓", 2, 24, "start"),
                classes > Self.limit
                    ? MatrixPicture(matrix).markup(x: Self.left, y: Self.top, side: side) : cells(side),
                classes == 0 ? label("no values", Self.width / 2, height / 2, "mid") : Markup([]),
            ]))
        chart.note =
            "Rows are true classes, columns are predictions: blue on the diagonal is right, orange beside it is wrong. "
            + "A good classifier leaves little orange."
            + (classes > Self.limit ? " \(MatrixPicture(matrix).scaleSentence)" : "")
        return chart
    }

    private var summary: String {
        let hits = matrix.counts.indices.reduce(0) { $0 + matrix.counts[$1][$1] }
        let all = matrix.counts.reduce(0) { $0 + $1.reduce(0, +) }
        return "Counts of true class against predicted class; \(hits) of \(all) on the diagonal."
    }

    private func name(_ k: Int, limit: Int) -> String {
        k < names.count ? shortened(names[k], to: limit) : String(k)
    }

    private func cells(_ side: Double) -> Markup {
        let cell = side / Double(max(classes, 1))
        return Markup([
            rectangle(Self.left, Self.top, side, side, fill: "var(--panel)"),
            Markup((0..<classes).compactMap { heading($0, cell) }),
            Markup((0..<classes).map { row(matrix.counts[$0], $0, cell) }),
        ])
    }

    /// A column's name, where columns are wide enough for one.
    private func heading(_ k: Int, _ cell: Double) -> Markup? {
        guard cell >= 12 else { return nil }
        return label(
            name(k, limit: max(2, Int(cell / 6))), Self.left + (Double(k) + 0.5) * cell, Self.top - 5, "mid")
    }

    private func row(_ counts: [Int], _ truth: Int, _ cell: Double) -> Markup {
        let total = Double(max(counts.reduce(0, +), 1))
        let y = Self.top + Double(truth) * cell
        let cells = counts.enumerated().filter { $0.element > 0 }.map { guess, count in
            let share = Double(count) / total
            let x = Self.left + Double(guess) * cell
            return Markup([
                // Square roots lift rare confusions into sight; the cap keeps the numbers readable.
                rectangle(
                    x + 0.5, y + 0.5, cell - 1, cell - 1, fill: Theme.series(guess == truth ? 0 : 1),
                    opacity: 0.03 + 0.55 * share.squareRoot()
                ) { Markup("title") { "\(name(truth, limit: 40)) → \(name(guess, limit: 40)): \(count)" } },
                cell >= 24
                    ? label(String(count), x + cell / 2, y + cell / 2 + 4, "mid strong") : Markup([]),
            ])
        }
        let title =
            cell >= 9
            ? label(name(truth, limit: 10), Self.left - 5, y + cell / 2 + 4, "end") : Markup([])
        return Markup(cells + [title])
    }
}
