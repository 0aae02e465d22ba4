import Evaluation
import Methods
import Runs
import Scores
import System
import Training

/// The head of a page says what a reader wants to know first: how often the run errs, how sure that is, and what it was
/// trained on.
extension HTMLReport {
    func header(_ sections: [String]) -> Markup {
        Markup("header") {
            Markup("h1") { Markup("bdi") { content.header.recipeName } }
            headline
            remark(training)
            if let result = content.result, let words = paperDifference(result, content.header.data) {
                remark(words)
            }
            numbers
            navigation(sections)
        }
    }

    private var error: Double? {
        content.scores[.testError] ?? content.predictions?.errorRate
    }

    private var headline: Markup {
        let data = content.header.data
        let count = content.result?.testCount ?? data.test
        return Markup("p", ["class": "headline"]) {
            if let error, error.isFinite {
                Markup("b") { percent(error) + " %" }
                Markup("span") {
                    "test error"
                    if let interval = wilsonInterval(share: error, count: count) {
                        "; 95 % interval \(percent(interval.lower)) to \(percent(interval.upper)) %"
                    }
                    ": \(grouped(Int((error * Double(count)).rounded()))) of \(grouped(count)) test images are wrong"
                    paper
                }
            } else {
                Markup("b") {
                    content.result == nil ? "not finished" : isClassifier ? "not tested" : "trained"
                }
                Markup("span") { withoutError }
            }
        }
    }

    /// Whether the run has learned classes.
    private var isClassifier: Bool {
        guard let method = Method(named: content.header.method) else { return true }
        return content.header.data.classes > 1 && method.classifies
    }

    private var withoutError: String {
        if content.result == nil { return "no test error yet" }
        if !isClassifier { return "the method has no classifier, so there is no test error" }
        return content.header.data.test == 0
            ? "every image was trained on and none is left to test on"
            : "this run has no test error"
    }

    private var paper: String {
        guard let paper = content.result?.paper else { return "" }
        let spread = paper.sd > 0 ? " ± \(fixed(paper.sd, 2))" : ""
        return ". The paper has \(fixed(paper.value, 2))\(spread) %"
    }

    private var training: String {
        let header = content.header
        let data = header.data
        let what =
            content.plane == nil
            ? "images of \(data.height)×\(data.width)×\(data.channels)" : "points of the plane"
        var sentence =
            "Method \(header.method), seed \(header.seed), trained on \(data.name): \(grouped(data.train)) training "
            + "\(what) in \(grouped(data.classes)) classes"
        if let result = content.result {
            sentence += ", \(grouped(result.labels)) of them with labels"
            if let heldOut = result.heldOutCount, heldOut > 0 {
                sentence += ", \(grouped(heldOut)) held out to check settings and confidences"
            }
        }
        return sentence + ". Started \(started)."
    }

    /// `2026-11-30T09:36:38Z` as people write it.
    private var started: String {
        let parts = content.header.startedAt.split(separator: "T")
        return parts.count == 2 ? "\(parts[0]) at \(parts[1].prefix(5)) UTC" : content.header.startedAt
    }

    private var numbers: Markup {
        let scores = Metric.scores.compactMap { metric in
            metric.name(at: .headline).flatMap { name in
                content.scores[metric].map { (name, metric.text($0)) }
            }
        }
        let figures = scores + (seconds.map { [("training time", duration($0))] } ?? [])
        return Markup("div", ["class": "numbers"]) {
            for (name, value) in figures {
                Markup("div") {
                    Markup("b") { value }
                    Markup("span") { name }
                }
            }
        }
    }

    private var seconds: Double? { content.result?.seconds ?? content.metrics?.rows.map(\.time).max() }
}
