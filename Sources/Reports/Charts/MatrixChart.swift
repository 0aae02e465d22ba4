import Experiments

/// A confusion matrix as a heat map: hits in one hue, misses in another, so that errors stand out however few.
public struct MatrixChart: Sendable {
    public var title: String
    public var matrix: ConfusionMatrix
    public var names: [String]

    public init(title: String, matrix: ConfusionMatrix, names: [String] = []) {
        self.title = title
        self.matrix = matrix
        self.names = names
    }

    private static let width = 360.0

    public var chart: Chart {
        let classes = max(matrix.counts.count, 1)
        let left = 64.0
        let top = 30.0
        let cell = (Self.width - left - 4) / Double(classes)
        let rows = matrix.counts.indices.map { row(matrix.counts[$0], $0, left, top, cell) }
        let height = top + cell * Double(classes) + 14
        return Chart(
            title: title, summary: summary, width: Self.width, height: height,
            content: Markup([
                label("predicted class →", left, 10, "start"), label("true ↓", 2, 24, "start"),
                Markup(matrix.counts.indices.compactMap { heading($0, left, top, cell) }), Markup(rows),
                matrix.counts.isEmpty ? label("no values", Self.width / 2, height / 2, "mid") : Markup([]),
            ]))
    }

    private var summary: String {
        let hits = matrix.counts.indices.reduce(0) { $0 + matrix.counts[$1][$1] }
        let all = matrix.counts.reduce(0) { $0 + $1.reduce(0, +) }
        return "Counts of true class against predicted class; \(hits) of \(all) on the diagonal."
    }

    private func name(_ k: Int, limit: Int) -> String {
        guard k < names.count else { return String(k) }
        return names[k].count > limit ? names[k].prefix(limit - 1) + "…" : names[k]
    }

    /// A column's name, where columns are wide enough for one.
    private func heading(_ k: Int, _ left: Double, _ top: Double, _ cell: Double) -> Markup? {
        guard cell >= 12 else { return nil }
        return label(
            name(k, limit: max(2, Int(cell / 6))), left + (Double(k) + 0.5) * cell, top - 5, "mid")
    }

    private func row(_ counts: [Int], _ truth: Int, _ left: Double, _ top: Double, _ cell: Double) -> Markup {
        let total = Double(max(counts.reduce(0, +), 1))
        let y = top + Double(truth) * cell
        let cells = counts.enumerated().map { guess, count in
            let share = Double(count) / total
            let x = left + Double(guess) * cell
            return Markup([
                // Square roots lift rare confusions into sight; the cap keeps the numbers readable.
                rectangle(
                    x + 0.5, y + 0.5, cell - 1, cell - 1, fill: Theme.series(guess == truth ? 0 : 1),
                    opacity: 0.03 + 0.55 * share.squareRoot()
                ) { Markup("title") { "\(name(truth, limit: 40)) → \(name(guess, limit: 40)): \(count)" } },
                cell >= 24 && count > 0
                    ? label(String(count), x + cell / 2, y + cell / 2 + 4, "mid strong") : Markup([]),
            ])
        }
        let title =
            cell >= 9 ? label(name(truth, limit: 9), left - 5, y + cell / 2 + 4, "end") : Markup([])
        return Markup(cells + [title])
    }
}
