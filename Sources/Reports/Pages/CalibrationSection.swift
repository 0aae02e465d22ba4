import Evaluation
import Scores
import System

/// The section says whether the run's confidences are honest.
extension HTMLReport {
    var calibration: Markup {
        section("Calibration") {
            Markup("div", ["class": "panels two"]) { reliability.map(figure) }
            if content.predictions == nil {
                remark("No reliability diagram: there are no predictions (predictions.safetensors).")
            }
            if matrix != nil { scores }
        }
    }

    /// One diagram shows confidences before temperature scaling, another after it where there is a temperature.
    private var reliability: [Chart] {
        guard let predictions = content.predictions else { return [] }
        let before = ReliabilityDiagram(title: "Reliability", calibration: predictions.calibration()).chart
        guard let temperature = content.scores.scaling?.temperature else { return [before] }
        let scaled = predictions.scaled(temperature: temperature).calibration()
        let title = "Reliability, scaled by T = \(fixed(temperature, 2))"
        return [before, ReliabilityDiagram(title: title, calibration: scaled).chart]
    }

    private var scores: Markup {
        Markup([
            content.scores.scaling.map { scaling in
                table(
                    "Scores of the test confidences; lower is better in every column",
                    ["confidences", "NLL, nats", "ECE, %", "Brier"],
                    [
                        [
                            "as trained", Metric.testNLL.text(content.scores[.testNLL]),
                            Metric.ece.text(content.scores[.ece]),
                            Metric.brier.text(content.scores[.brier]),
                        ],
                        [
                            "scaled by T = \(fixed(scaling.temperature, 3))",
                            Metric.testNLL.text(scaling.testNLL),
                            Metric.ece.text(scaling.ece), Metric.brier.text(scaling.brier),
                        ],
                    ], numeric: [1, 2, 3])
            } ?? Markup([]),
            remark(scalingRemark),
        ])
    }

    private var scalingRemark: String {
        if let scaling = content.scores.scaling {
            return "T divides the logits and leaves the predicted classes as they are. It was fitted on "
                + "\(grouped(scaling.heldOutCount)) held-out training images. ECE is taken over 15 bins."
        }
        return "No temperature scaling: "
            + (content.outcome?.scores[.heldOutError] != nil
                ? "the evaluation is of an older version; `fce eval RUN --ood noise` adds what it lacks."
                : "the recipe holds out no training images (data.validation) to fit T on.")
    }
}
