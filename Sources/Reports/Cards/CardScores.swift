import Evaluation
import Runs
import Scores
import System
import Training

/// The card's part on the evaluation tells its scores.
extension ModelCard {
    var evaluationPart: String {
        let rows = scores.filter { $0.value != "–" }.map { [$0.name, $0.value] }
        guard !rows.isEmpty else { return "" }
        return
            ([
                "## Evaluation", "On \(grouped(result.testCount)) test \(examples).",
                table(["score", "value"], rows),
            ]
            + [calibration, classErrors].compactMap(\.self)).joined(separator: "\n\n")
    }

    private var examples: String { recipe.data.source == .plane ? "points" : "images" }

    private var scores: [(name: String, value: String)] {
        let errors = [
            ("test error", error(result.scores[.testError], of: result.testCount)),
            (
                "error on held-out training \(examples)",
                error(result.scores[.heldOutError], of: result.heldOutCount ?? 0)
            ),
        ]
        let others = Self.first + Metric.scores.filter { one in !Self.first.contains { $0.key == one.key } }
        let numbers = others.compactMap { metric in
            metric.name(at: .card).map { ($0, metric.text(result.scores[metric])) }
        }
        return errors + numbers + [("log Z of the energy, nats", logZ)]
    }

    /// The scores that a card begins with.
    private static let first: [Metric] = [.testNLL, .brier]

    private func error(_ share: Double?, of count: Int) -> String {
        guard let share, let interval = wilsonInterval(share: share, count: count) else { return "–" }
        return
            "\(percent(share)) % (95 % interval \(percent(interval.lower)) to \(percent(interval.upper)) %, "
            + "\(grouped(count)) \(examples))"
    }

    private var logZ: String {
        guard let logZ = result.scores.logZ else { return "–" }
        return "\(fixed(logZ.estimate, 2)), effective sample size \(fixed(logZ.effectiveSampleSize, 0)) of "
            + "\(grouped(logZ.samples))\(logZ.isUnreliable ? ": too few to rely on" : "")"
    }

    private var calibration: String? {
        result.scores.scaling.map {
            "Dividing the logits by T = \(fixed($0.temperature, 3)), fitted on \(grouped($0.heldOutCount)) held-out "
                + "training \(examples), changes no predicted class and brings the calibration error to "
                + "\(percent($0.ece)) %, −log p(y|x) to \(fixed($0.testNLL, 3)) nats."
        }
    }

    /// Error by class, of 30 classes at most: the worst first where there are more.
    private var classErrors: String? {
        guard let matrix = ConfusionMatrix(square: evaluation?.phases.last?.scores.confusion) else {
            return nil
        }
        let rows = matrix.classErrors.enumerated().filter { $0.element.isFinite }
        guard !rows.isEmpty else { return nil }
        let limit = 30
        let shown = rows.count > limit ? Array(rows.sorted { $0.element > $1.element }.prefix(limit)) : rows
        let title = rows.count > limit ? "The \(limit) classes with the largest error:" : "Error by class:"
        return title + "\n\n"
            + table(
                ["class", "error, %", "\(examples) in the test set"],
                shown.map { index, error in
                    [header.className(index), percent(error), grouped(matrix.counts[index].reduce(0, +))]
                })
    }
}
