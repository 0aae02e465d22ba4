import Datasets
import Experiments

/// One self-contained page about a run: it loads nothing, so it can be mailed, archived and printed.
public struct HTMLReport: Sendable {
    let content: ReportContent

    public init(_ content: ReportContent) { self.content = content }

    /// The page. What is missing from the run is left out with a sentence saying why.
    public var html: String {
        let body = Markup("main") {
            header
            numbers
            plane
            samples
            curves
            classification
            probes
            densities
            hardest
            phases
            provenance
        }
        return page("\(content.header.recipeName), seed \(content.header.seed)", body)
    }

    /// Writes the page in place of whatever is at `path`.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public func write(to path: String) throws { try AtomicFile.write(html, to: path) }

    private var header: Markup {
        let header = content.header
        let data = header.data
        return Markup("header") {
            Markup("h1") { header.recipeName }
            Markup("p", ["class": "soft"]) {
                "\(header.method), seed \(header.seed), on \(data.name): \(grouped(data.train)) training and "
                "\(grouped(data.test)) test "
                content.plane == nil
                    ? "images of \(data.height)×\(data.width)×\(data.channels)" : "points of the plane"
                " in \(data.classes) classes"
                if let result = content.result { ", \(grouped(result.labels)) labelled" }
                ". Started \(header.startedAt)."
            }
        }
    }

    var outcome: RunEvaluation.Phase? { content.outcome }

    private var numbers: Markup {
        let error = content.result?.testError ?? outcome?.testError ?? content.predictions?.errorRate
        let likelihood = content.result?.testNLL ?? outcome?.testNLL
        let calibration = content.result?.ece ?? outcome?.ece
        let flow = content.result?.flowBitsPerDim ?? outcome?.flowBitsPerDim
        let energy = content.result?.energyBitsPerDim ?? outcome?.energyBitsPerDim
        let figures: [(String, String?)] = [
            ("test error, %" + paper, error.map { percent($0) }),
            ("test NLL, nats", likelihood.map { fixed($0, 3) }),
            ("calibration error, %", calibration.map { percent($0) }),
            ("Brier score", content.brier.map { fixed($0, 3) }),
            ("flow, bits/dim", flow.map { fixed($0, 3) }),
            ("VAE, bits/dim at most", outcome?.boundBitsPerDim.map { fixed($0, 3) }),
            ("EBM, bits/dim", energy.map { fixed($0, 3) }),
            ("flow, MSE of log q, nats²", outcome?.flowLogDensityMSE.map { fixed($0, 4) }),
            ("EBM, MSE of log p, nats²", outcome?.energyLogDensityMSE.map { fixed($0, 4) }),
            ("training time", seconds.map { duration($0) }),
        ]
        return Markup("div", ["class": "numbers"]) {
            for (name, value) in figures {
                if let value {
                    Markup("div") {
                        Markup("b") { value }
                        Markup("span") { name }
                    }
                }
            }
        }
    }

    private var seconds: Double? { content.result?.seconds ?? content.metrics?.rows.map(\.time).max() }

    private var paper: String {
        guard let paper = content.result?.paper else { return "" }
        return " (paper \(fixed(paper.value, 2))" + (paper.sd > 0 ? " ± \(fixed(paper.sd, 2))" : "") + ")"
    }

    // MARK: Sections

    private var plane: Markup? {
        content.plane.map { plane in
            section("Densities") {
                Markup("div", ["class": "panels small"]) {
                    plane.panels(.density).map { figure($0.chart) }
                }
                Markup("p", ["class": "soft"]) { "The same as log densities, 10 nats from bright to dark:" }
                Markup("div", ["class": "panels small"]) {
                    plane.panels(.logDensity(range: 10)).dropFirst().map { figure($0.chart) }
                }
                if let learning = content.learningFigure {
                    Markup("p", ["class": "soft"]) { "On the way:" }
                    figure(learning)
                }
            }
        }
    }

    private var samples: Markup? {
        if content.plane != nil { return nil }
        return section("Samples") {
            if content.pictures.isEmpty {
                missing("No sample grids: they are written when a phase ends.")
            }
            Markup("div", ["class": "panels"]) {
                for picture in content.pictures { figure(picture.name, jpeg: picture.jpeg) }
            }
        }
    }

    private var curves: Markup {
        let phases = content.metrics.map { PhaseCurves.phases($0, gates: content.gates) } ?? []
        return section("Learning curves") {
            if phases.isEmpty { missing("Nothing was logged yet.") }
            for phase in phases {
                Markup("h3") { "\(phase.index + 1). \(phase.title)" }
                Markup("div", ["class": "panels"]) { phase.charts.map(figure) }
            }
        }
    }

    private var probes: Markup? {
        guard !content.probes.isEmpty else { return nil }
        let rows = content.probes.map { probe in
            let interval = probe.interval.map { "\(percent($0.low)) to \(percent($0.high))" }
            return [
                probe.network.rawValue, probe.classifier, probe.layers.joined(separator: ", "),
                grouped(probe.features), grouped(probe.labels), probe.cost.description,
                percent(probe.heldOutError), percent(probe.error), percent(probe.deviation), interval ?? "–",
                grouped(probe.errors.count),
            ]
        }
        return section("Probes") {
            missing(
                "Linear classifiers on the features of few labelled images: C chosen on held-out training images, "
                    + "then the mean test error over draws of the labels, its sd, and where 95 % of draws lie."
            )
            table(
                [
                    "network", "classifier", "layers", "features", "labels", "C", "held out, %",
                    "test error, %", "sd", "95 % of draws, %", "draws",
                ], rows, numeric: Set(3...10))
        }
    }

    private var hardest: Markup? {
        guard !content.hardest.isEmpty else { return nil }
        let shown = content.hardest
        return section("Hardest test images") {
            if shown.allSatisfy({ $0.jpeg == nil }) {
                missing("Without thumbnails: the data is not at hand.")
            }
            Markup("div", ["class": "tiles"]) {
                for hard in shown {
                    Markup("figure") {
                        if let jpeg = hard.jpeg {
                            Markup("img", ["src": dataURI(jpeg, type: "image/jpeg"), "alt": ""])
                        }
                        Markup("figcaption") {
                            "\(className(hard.image.label)), taken for \(className(hard.image.predicted)) "
                            "(\(percent(hard.image.probability, 0)) %)"
                        }
                    }
                }
            }
        }
    }

    private var phases: Markup? {
        guard let phases = content.evaluation?.phases, !phases.isEmpty else { return nil }
        let rows = phases.map { phase in
            [
                phase.name, percent(phase.testError), fixed(phase.testNLL, 3), percent(phase.ece),
                fixed(phase.brier, 3), fixed(phase.flowBitsPerDim, 3), fixed(phase.energyBitsPerDim, 3),
                logZ(phase.logZ), fixed(phase.normalizedBitsPerDim, 3),
                grouped(phase.steps), duration(phase.seconds),
            ]
        }
        return section("Phases") {
            table(
                [
                    "end of phase", "test error, %", "test NLL, nats", "ECE, %", "Brier", "flow, bits/dim",
                    "EBM, bits/dim", "log Z, nats (ESS)", "EBM with log Z", "updates", "time",
                ], rows, numeric: Set(1...10))
        }
    }

    private func logZ(_ value: LogNormalizer?) -> String {
        guard let value else { return "–" }
        let size = "\(fixed(value.effectiveSampleSize, 1)) of \(grouped(value.samples))"
        return "\(fixed(value.estimate, 2)) (\(size))" + (value.isUnreliable ? " unreliable" : "")
    }

    private var provenance: Markup {
        let header = content.header
        var rows = [
            ["tool", header.tool], ["commit", header.commit], ["recipe hash", header.recipeHash],
            ["data hash", header.data.sha256],
        ]
        if let result = content.result {
            rows += [
                ["split", result.splitRule], ["selection", result.selection], ["command", result.command],
            ]
        }
        return section("Where it comes from") {
            table([], rows + machine)
            Markup("details") {
                Markup("summary") { "Resolved recipe" }
                if let recipe = content.recipe {
                    Markup("pre") { recipe }
                } else {
                    missing("recipe.toml is missing from the run directory.")
                }
            }
        }
    }

    private var machine: [[String]] {
        let machine = content.header.machine
        return [
            ["machine", machine.summary], ["linear algebra", machine.blas], ["convolutions", machine.onednn],
            ["precision", machine.precision],
        ]
    }

    func className(_ k: Int) -> String {
        content.classNames.indices.contains(k) ? content.classNames[k] : "class \(k)"
    }
}
