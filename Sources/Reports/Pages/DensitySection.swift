import Evaluation
import System

/// The section says what a run's densities make of its data, of the flow's samples and of other images.
extension HTMLReport {
    var densities: Markup {
        section("Density") {
            if let energies = content.evaluation?.energies,
                !energies.data.isEmpty || !energies.samples.isEmpty
            {
                Markup("div", ["class": "panels two"]) {
                    figure(difference(energies))
                    if energies.dataLogP != nil { figure(density(energies)) }
                }
                if !energies.data.isEmpty, !energies.samples.isEmpty {
                    Markup("p", ["class": "soft"]) {
                        "The EBM tells data from the flow's samples with AUROC "
                        fixed(areaUnderROC(positives: energies.data, negatives: energies.samples), 3)
                        "; 0.5 would mean that the flow has caught up."
                    }
                }
            } else {
                remark("No histogram: the run has no evaluated energy model.")
            }
            otherSets
        }
    }

    private func difference(_ energies: RunEvaluation.Energies) -> Chart {
        var histogram = Histogram(
            title: "d = log p(x) − log q(x)", xTitle: "nats",
            samples: [("test data", energies.data), ("flow samples", energies.samples)])
        histogram.note =
            "Where the energy tells data from the flow's samples the humps lie apart; where the flow has caught up they lie "
            + "on each other, near 0."
        return histogram.chart
    }

    private func density(_ energies: RunEvaluation.Energies) -> Chart {
        var histogram = Histogram(title: "log p(x)", xTitle: "nats", samples: logP(energies))
        histogram.note =
            "The energy's log density. A good energy gives test data more than most samples, and no sample far more."
        return histogram.chart
    }

    private func logP(_ energies: RunEvaluation.Energies) -> [(label: String, values: [Double])] {
        [("test data", energies.dataLogP ?? []), ("flow samples", energies.samplesLogP ?? [])]
    }

    /// Sets of other images drawn at most; the table has all.
    private static let setLimit = 12

    private var otherSets: Markup {
        let sets = content.evaluation?.otherSets ?? []
        guard !sets.isEmpty else {
            return remark("No other images: `fce eval RUN --ood noise` shows the models what is not data.")
        }
        let known = content.evaluation?.energies.map(logP) ?? []
        return Markup([
            Markup("h3") { "Other images" },
            Markup("div", ["class": "panels"]) {
                for set in sets.filter({ !$0.logP.isEmpty }).prefix(Self.setLimit) {
                    figure(histogram(set, beside: known))
                }
            },
            detection([(nil, sets)]),
        ])
    }

    private func histogram(
        _ set: RunEvaluation.OtherSet, beside known: [(label: String, values: [Double])]
    ) -> Chart {
        var histogram = Histogram(
            title: "log p(x) of \(set.name)", xTitle: "nats; the ends hold what lies beyond",
            samples: known + [(set.name, set.logP)])
        histogram.note =
            "A model that knows its data gives these images less than test data: their hump lies to the left."
        histogram.deciding = known.isEmpty ? nil : known.count
        return histogram.chart
    }
}

/// The table says how well scores tell test images from others, `sets` by run or method where there are several.
func detection(_ sets: [(method: String?, sets: [RunEvaluation.OtherSet])]) -> Markup {
    let hasNames = sets.contains { $0.method != nil }
    let rows = sets.flatMap { method, sets in
        sets.map { set in
            (hasNames ? [method ?? ""] : []) + [
                set.name, grouped(set.images), fixed(set.aurocLogP, 3), fixed(set.aurocLogRatio, 3),
                fixed(set.aurocConfidence, 3),
            ]
        }
    }
    let titles = ["test data against", "images", "log p(x)", "log p(x) − log q(x)", "max p(y|x)"]
    let first = hasNames ? 2 : 1
    return table(
        "AUROC: the probability that a test image scores above one of the other images. 1 tells them apart, 0.5 does not, "
            + "below 0.5 the other images score higher, as simple ones often do by log p(x).",
        (hasNames ? ["run"] : []) + titles, rows, numeric: Set(first..<first + 4))
}
