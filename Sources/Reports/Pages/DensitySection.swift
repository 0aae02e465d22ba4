import Experiments

/// What a run's densities say of its data, of the flow's samples and of other images.
extension HTMLReport {
    var densities: Markup {
        section("Energies") {
            if let energies = content.evaluation?.energies,
                !energies.data.isEmpty || !energies.samples.isEmpty
            {
                Markup("div", ["class": "panels two"]) {
                    figure(
                        Histogram(
                            title: "log p(x) − log q(x)", xTitle: "nats",
                            samples: [("test data", energies.data), ("flow samples", energies.samples)]
                        ).chart)
                    if energies.dataLogP != nil {
                        figure(
                            Histogram(title: "log p(x)", xTitle: "nats", samples: logP(energies)).chart)
                    }
                }
                if !energies.data.isEmpty, !energies.samples.isEmpty {
                    Markup("p", ["class": "soft"]) {
                        "The EBM tells data from the flow's samples with AUROC "
                        fixed(areaUnderROC(positives: energies.data, negatives: energies.samples), 3)
                        "; 0.5 would mean that the flow has caught up."
                    }
                }
            } else {
                missing("No histogram: the run has no evaluated energy model.")
            }
            otherSets
        }
    }

    private func logP(_ energies: RunEvaluation.Energies) -> [(label: String, values: [Double])] {
        [("test data", energies.dataLogP ?? []), ("flow samples", energies.samplesLogP ?? [])]
    }

    private var otherSets: Markup {
        let sets = content.evaluation?.otherSets ?? []
        guard !sets.isEmpty else {
            return missing("No other images: `fce eval RUN --ood noise` shows the models what is not data.")
        }
        let known = content.evaluation?.energies.map(logP) ?? []
        return Markup([
            Markup("h3") { "Other images" },
            Markup("div", ["class": "panels"]) {
                for set in sets where !set.logP.isEmpty {
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
        histogram.deciding = known.isEmpty ? nil : known.count
        return histogram.chart
    }
}

/// How well scores tell test images from others, `sets` by run or method where there are several.
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
    return Markup([
        table((hasNames ? ["run"] : []) + titles, rows, numeric: Set(first..<first + 4)),
        missing(
            "AUROC: the probability that a test image scores above one of the other images. 1 tells them apart, "
                + "0.5 does not, below 0.5 the other images score higher, as simple ones often do by log p(x)."
        ),
    ])
}
