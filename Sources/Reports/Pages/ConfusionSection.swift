import Evaluation
import System

/// The section says which classes the run takes for which.
extension HTMLReport {
    var confusion: Markup {
        section("Confusion") {
            if let matrix {
                Markup("div", ["class": "panels two"]) {
                    figure(
                        MatrixChart(title: "Confusion matrix", matrix: matrix, names: content.classNames)
                            .chart)
                    figure(
                        ClassErrorChart(
                            title: "Error by class", methods: [("test", matrix.classErrors)],
                            names: content.classNames
                        ).chart)
                }
                pairs(matrix)
                if matrix.counts.count > ClassErrorChart.limit {
                    Markup("details") {
                        Markup("summary") { "All \(grouped(matrix.counts.count)) classes" }
                        classTable(matrix)
                    }
                } else {
                    classTable(matrix)
                }
            } else {
                remark(
                    "No predictions: they are written by the final evaluation, where there are test images.")
            }
        }
    }

    private func classTable(_ matrix: ConfusionMatrix) -> Markup {
        let rows = matrix.counts.indices.map { k -> [String] in
            let counts = matrix.counts[k]
            let total = counts.reduce(0, +)
            guard total > 0 else { return [className(k), "0", "–", "no test images", "–", "–"] }
            let wrong = total - counts[k]
            let interval = wilsonInterval(share: Double(wrong) / Double(total), count: total)
            let most = counts.indices.filter { $0 != k && counts[$0] > 0 }
                .max { (counts[$0], $1) < (counts[$1], $0) }
            return [
                className(k), grouped(total), grouped(wrong), percent(Double(wrong) / Double(total)),
                interval.map { "\(percent($0.lower, 1)) to \(percent($0.upper, 1))" } ?? "–",
                most.map { "\(className($0)) (\(grouped(counts[$0])))" } ?? "–",
            ]
        }
        return table(
            "Test errors by class, with Wilson's 95 % interval",
            ["class", "test images", "wrong", "error, %", "95 % interval, %", "most often taken for"], rows,
            numeric: [1, 2, 3, 4])
    }

    /// Beyond so many classes the chart's cells have no numbers.
    private static let readable = 12
    private static let pairLimit = 25

    private func pairs(_ matrix: ConfusionMatrix) -> Markup? {
        guard matrix.counts.count > Self.readable else { return nil }
        let misses = matrix.counts.indices.flatMap { truth in
            matrix.counts[truth].indices.compactMap { guess -> (truth: Int, guess: Int, count: Int)? in
                let count = matrix.counts[truth][guess]
                return guess == truth || count == 0 ? nil : (truth, guess, count)
            }
        }
        let worst = misses.sorted { ($0.count, $1.truth, $1.guess) > ($1.count, $0.truth, $0.guess) }
            .prefix(Self.pairLimit)
        let rows = worst.map { miss in
            let total = matrix.counts[miss.truth].reduce(0, +)
            return [
                className(miss.truth), className(miss.guess), grouped(miss.count),
                percent(Double(miss.count) / Double(total), 1),
            ]
        }
        return table(
            "The pairs of classes that are confused most",
            ["true class", "taken for", "images", "of the class, %"],
            rows, numeric: [2, 3])
    }
}
