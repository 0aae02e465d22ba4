import Experiments

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
        let rows = phases.map { phase in
            [
                PhaseCurves.title(phase.name), percent(phase.testError), fixed(phase.testNLL, 3),
                percent(phase.ece), fixed(phase.brier, 3), fixed(phase.flowBitsPerDim, 3),
                fixed(phase.energyBitsPerDim, 3), logZ(phase.logZ), fixed(phase.normalizedBitsPerDim, 3),
                grouped(phase.steps), duration(phase.seconds),
            ]
        }
        return table(
            "Scores at the end of each phase",
            [
                "phase", "test error, %", "test NLL, nats", "ECE, %", "Brier", "flow, bits/dim",
                "EBM, bits/dim", "log Z, nats (ESS)", "EBM with log Z", "updates", "time",
            ], rows, numeric: Set(1...10), keys: [10: phases.map(\.seconds)])
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
