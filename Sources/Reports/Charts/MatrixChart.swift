import Evaluation

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
    /// Names of narrower columns would touch each other.
    private static let leaningCell = 15.0
    private static let width = 360.0
    private static let left = 70.0
    /// The columns' names need this room; they lean where they are too long for their columns.
    private var top: Double { leans ? 66 : 30 }
    private var cell: Double { (Self.width - Self.left - 4) / Double(max(classes, 1)) }
    private var leans: Bool {
        classes <= Self.limit && cell >= Self.leaningCell
            && (0..<classes).contains { 6.5 * Double(name($0, limit: 10).count) > cell }
    }

    private var classes: Int { matrix.counts.count }

    public var chart: Chart {
        let side = Self.width - Self.left - 4
        let height = top + side + 14
        var chart = Chart(
            title: title, summary: summary, width: Self.width, height: height,
            content: Markup([
                label("predicted class →", Self.left, 10, "start"), label("true ↓", 2, top - 6, "start"),
                classes > Self.limit
                    ? MatrixPicture(matrix).markup(x: Self.left, y: top, side: side) : cells(side),
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
        Markup([
            rectangle(Self.left, top, side, side, fill: "var(--panel)"),
            Markup((0..<classes).compactMap(heading)),
            Markup((0..<classes).map { row(matrix.counts[$0], $0) }),
        ])
    }

    /// A column's name, where columns are wide enough for one.
    private func heading(_ k: Int) -> Markup? {
        guard cell >= Self.leaningCell else { return nil }
        let x = Self.left + (Double(k) + 0.5) * cell
        guard leans else { return label(name(k, limit: 10), x, top - 5, "mid") }
        return Markup(
            "text",
            [
                "transform": "translate(\(coordinate(x + 3)) \(coordinate(top - 4))) rotate(45)",
                "class": "end",
            ]
        ) { name(k, limit: 10) }
    }

    private func row(_ counts: [Int], _ truth: Int) -> Markup {
        let total = Double(max(counts.reduce(0, +), 1))
        let y = top + Double(truth) * cell
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
