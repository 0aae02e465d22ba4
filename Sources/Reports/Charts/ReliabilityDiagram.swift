import Evaluation
import System

/// Accuracy against stated confidence: bars on the dashed diagonal are honest, below it over-confident.
public struct ReliabilityDiagram: Sendable {
    public var title: String
    public var calibration: Calibration

    public init(title: String, calibration: Calibration) {
        self.title = title
        self.calibration = calibration
    }

    private static let height = 300.0

    public var chart: Chart {
        let axes = Axes(
            height: Self.height, x: Scale(domain: 0...1, from: Axes.plotLeft, to: Axes.plotRight),
            y: Scale(domain: 0...1, from: Self.height - 30, to: 22))
        let total = calibration.bins.reduce(0) { $0 + $1.count }
        let error = "expected calibration error \(percent(calibration.expectedError)) %"
        var chart = Chart(
            title: title,
            summary: "Accuracy of predictions by their confidence, \(total) images; \(error).",
            width: Axes.width, height: Self.height,
            content: Markup([
                axes.markup(xTitle: "confidence (largest p(y|x))", yTitle: "accuracy"),
                Markup(calibration.bins.filter { $0.count > 0 }.map { bar($0, total, axes) }),
                line(axes.left, axes.bottom, axes.right, axes.top, "rule"),
                label(total > 0 ? error : "no values", axes.left + 8, axes.top + 14, "strong"),
            ]))
        chart.note =
            "A bar is how often predictions of one confidence are right. Honest confidences follow the dashed line; bars "
            + "below it are over-confident, and faint bars stand for few images."
        return chart
    }

    /// The bar is fainter for emptier bins and has a mark at the bin's mean confidence.
    private func bar(_ bin: Calibration.Bin, _ total: Int, _ axes: Axes) -> Markup {
        guard let left = axes.x(bin.lower), let right = axes.x(bin.upper), let top = axes.y(bin.accuracy),
            let mark = axes.x(bin.confidence)
        else { return Markup([]) }
        let share = Double(bin.count) / Double(total)
        return Markup([
            rectangle(
                left + 1, top, right - left - 2, axes.bottom - top, fill: Theme.series(0),
                opacity: 0.2 + 0.7 * share.squareRoot()
            ) {
                Markup("title") {
                    "\(bin.count) images, confidence \(fixed(bin.confidence, 3)), "
                    "accuracy \(fixed(bin.accuracy, 3))"
                }
            },
            Markup(
                "circle",
                ["cx": coordinate(mark), "cy": coordinate(top), "r": "2.5", "fill": Theme.series(1)]),
        ])
    }
}
