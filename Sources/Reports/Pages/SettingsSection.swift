import Evaluation
import Runs
import Scores
import System

/// Each phase's outcome, probes of the features, and where the run comes from.
extension HTMLReport {
    var settings: Markup {
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
        return section("Settings") {
            phases
            table("Where the run comes from", [], rows + machine)
            Markup("details") {
                Markup("summary") { "Resolved recipe" }
                if let recipe = content.recipe {
                    Markup("pre", ["tabindex": "0"]) { recipe }
                } else {
                    remark("recipe.toml is missing from the run directory.")
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

    private var phases: Markup? {
        guard let phases = content.evaluation?.phases, !phases.isEmpty else { return nil }
        let columns = scoreColumns(phases)
        let rows = phases.map { phase in
            [PhaseCurves.title(phase.name)] + columns.map { $0.text(phase.scores) }
                + [grouped(phase.steps), duration(phase.seconds)]
        }
        let titles = ["phase"] + columns.map(\.title) + ["updates", "time"]
        return table(
            "Scores at the end of each phase", titles, rows, numeric: Set(titles.indices.dropFirst()),
            keys: [titles.count - 1: phases.map(\.seconds)])
    }

    /// The columns of the scores that are shown of phases, log Z after what it belongs to.
    private func scoreColumns(_ phases: [PhaseScores]) -> [(title: String, text: (Scores) -> String)] {
        Metric.scores.flatMap { metric -> [(title: String, text: (Scores) -> String)] in
            guard let title = metric.name(at: .phases),
                !metric.isRare || phases.contains(where: { $0.scores[metric] != nil })
            else { return [] }
            let column = (title: title, text: { (scores: Scores) in metric.text(scores[metric]) })
            return metric.key == Metric.energyBitsPerDim.key
                ? [column, (title: "log Z, nats (ESS)", text: { logZ($0.logZ) })] : [column]
        }
    }

    private func logZ(_ value: LogNormalizer?) -> String {
        guard let value else { return "–" }
        let size = "\(fixed(value.effectiveSampleSize, 1)) of \(grouped(value.samples))"
        return "\(fixed(value.estimate, 2)) (\(size))" + (value.isUnreliable ? " unreliable" : "")
    }

    var probes: Markup? {
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
            table(
                "Linear classifiers on the features of few labelled images: C chosen on held-out training images, then the "
                    + "mean test error over draws of the labels, its sd, and where 95 % of draws lie",
                [
                    "network", "classifier", "layers", "features", "labels", "C", "held out, %",
                    "test error, %", "sd", "95 % of draws, %", "draws",
                ], rows, numeric: Set(3...10))
        }
    }
}
