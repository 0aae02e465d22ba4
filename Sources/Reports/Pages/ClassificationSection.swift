import Experiments

/// How well a run classifies, and whether its confidences are honest.
extension HTMLReport {
    var classification: Markup {
        let matrix = content.confusion
        return section("Classification") {
            if matrix == nil { missing("No predictions: they are written by the final evaluation.") }
            Markup("div", ["class": "panels two"]) {
                if let matrix {
                    figure(
                        MatrixChart(title: "Confusion matrix", matrix: matrix, names: content.classNames)
                            .chart)
                    figure(
                        ClassErrorChart(
                            title: "Error by class", methods: [("test", matrix.classErrors)],
                            names: content.classNames
                        ).chart)
                }
            }
            Markup("div", ["class": "panels two"]) { reliability.map(figure) }
            if matrix != nil, content.predictions == nil {
                missing("No reliability diagram: predictions.safetensors is missing.")
            }
            if matrix != nil { calibration }
        }
    }

    /// Before temperature scaling, and after it where there is a temperature.
    private var reliability: [Chart] {
        guard let predictions = content.predictions else { return [] }
        let before = ReliabilityDiagram(title: "Reliability", calibration: predictions.calibration()).chart
        guard let temperature = content.scaling?.temperature else { return [before] }
        let scaled = predictions.scaled(temperature: temperature).calibration()
        let title = "Reliability, scaled by T = \(fixed(temperature, 2))"
        return [before, ReliabilityDiagram(title: title, calibration: scaled).chart]
    }

    private var calibration: Markup {
        Markup([
            content.scaling.map { scaling in
                table(
                    ["test confidences", "NLL, nats", "ECE, %", "Brier"],
                    [
                        [
                            "as trained", fixed(outcome?.testNLL ?? content.result?.testNLL, 3),
                            percent(outcome?.ece ?? content.result?.ece),
                            fixed(content.brier, 3),
                        ],
                        [
                            "scaled by T = \(fixed(scaling.temperature, 3))", fixed(scaling.testNLL, 3),
                            percent(scaling.ece), fixed(scaling.brier, 3),
                        ],
                    ], numeric: [1, 2, 3])
            } ?? Markup([]),
            missing(calibrationNote),
        ])
    }

    private var calibrationNote: String {
        if let scaling = content.scaling {
            return "T divides the logits and leaves the predicted classes as they are; fitted on "
                + "\(grouped(scaling.heldOutCount)) held-out training images. ECE with 15 bins."
        }
        let isOld = outcome?.heldOutError != nil
        return "No temperature scaling: "
            + (isOld
                ? "the evaluation is of an older version; `fce eval RUN --ood noise` adds what it lacks."
                : "the recipe holds out no training images (data.validation) to fit T on.")
    }
}
