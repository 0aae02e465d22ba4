import Experiments

/// What one phase of a run logged, as curves.
struct PhaseCurves {
    let name: String
    let index: Int
    /// Rows of measurements, events left out.
    let rows: [MetricsRow]
    /// The accuracies at which the gate changes turns.
    var thresholds: [Double] = []

    /// The phases of a run in their order.
    static func phases(_ log: MetricsLog, gates: [Int: [Double]]) -> [PhaseCurves] {
        Dictionary(grouping: log.rows.filter { $0.event == nil }, by: \.phaseIndex)
            .sorted { $0.key < $1.key }
            .map {
                PhaseCurves(
                    name: $1[0].phase, index: $0, rows: $1.sorted { $0.step < $1.step },
                    thresholds: gates[$0] ?? [])
            }
    }

    /// The phase as people call it.
    var title: String {
        switch name {
        case "flow-mle": "Flow, maximum likelihood"
        case "energy": "EBM against the fixed flow"
        case "joint": "Joint training"
        case "supervised": "Supervised training"
        case "gan": "GAN with feature matching"
        case "chains": "EBM against Langevin chains"
        case "vae": "Variational autoencoder"
        case "adversarial": "Critic against generator"
        default: name
        }
    }

    /// The curve of one logged quantity; nil where the phase never logged a finite value of it.
    func series(_ key: String, _ label: String, scale: Double = 1) -> Series? {
        let points = rows.compactMap { row in
            row.values[key].map { Series.Point(x: Double(row.step), y: $0 * scale) }
        }
        let series = Series(label, points)
        return series.points.isEmpty ? nil : series
    }

    /// Small multiples of everything worth looking at, by what was logged.
    var charts: [Chart] {
        let plans: [(title: String, unit: String, series: [Series?], logarithmic: Bool)] = [
            (
                "Bits per dimension", "bits/dim",
                [
                    series("bpd", "training batch"), series("bpdValidation", "held out"),
                    series("bpdBound", "bound, training batch"),
                    series("bpdBoundValidation", "bound, held out"),
                ], false
            ),
            ("Mean f", "nats", [series("fData", "data"), series("fChains", "chains")], false),
            ("Way of the chains", "", [series("chainDisplacement", "mean distance")], true),
            (
                "Gradient of f along the chains", "",
                [series("chainGradFirst", "first step"), series("chainGradLast", "last step")], true
            ),
            ("Divergence of q(z|x) from p(z)", "nats", [series("divergence", "mean")], false),
            (
                "Error", "%",
                [
                    series("testError", "test", scale: 100),
                    series("heldOutError", "held out", scale: 100),
                ], false
            ),
            ("Test NLL", "nats", [series("testNLL", "test")], false),
            ("Label loss", "nats", [series("labelLoss", "label loss")], true),
            (
                "Contrastive value V", "nats",
                [
                    series("value", "V"), series("valueData", "on data"),
                    series("valueSamples", "on samples"),
                ], false
            ),
            (
                "Losses of critic and generator", "",
                [series("criticLoss", "critic"), series("generatorLoss", "generator")], false
            ),
            ("Length of the critic's input gradient", "", [series("inputGradient", "mean")], false),
            ("Clipped weights", "% of weights", [series("clipped", "clipped", scale: 100)], false),
            ("Entropy of the generator", "nats", [series("generatorEntropy", "entropy")], false),
            ("Distance of mean features", "", [series("featureDistance", "data to samples")], true),
            ("VAT and entropy terms", "nats", [series("vat", "VAT"), series("entropy", "entropy")], false),
            ("VAT's direction, difference against exact", "cosine", [series("vatCosine", "mean")], false),
            (
                "Mean d = log p − log q", "nats",
                [series("dData", "data"), series("dSamples", "samples")], false
            ),
            ("Saturated: |d| > 20", "% of images", [series("saturated", "saturated", scale: 100)], false),
            (
                "Gradient norm", "",
                [
                    series("gradNorm", "energy"), series("flowGradNorm", "flow"),
                    series("generatorGradNorm", "generator"),
                ], true
            ),
        ]
        return plans.compactMap { plan in
            let known = plan.series.compactMap(\.self)
            guard !known.isEmpty else { return nil }
            var chart = LineChart(title: plan.title, xTitle: "update", yTitle: plan.unit, series: known)
            let values = known.flatMap { $0.points.map(\.y) }
            let (lowest, highest) = (values.min() ?? 0, values.max() ?? 0)
            // A logarithmic axis pays from about a decade on.
            chart.logarithmic = plan.logarithmic && lowest > 0 && highest > 20 * lowest
            return chart.chart
        } + [gate("Gate: whose turn")].compactMap(\.self)
    }

    /// The gate's history, in phases that have one.
    func gate(_ title: String) -> Chart? {
        let samples = rows.compactMap { row -> GateChart.Sample? in
            guard let average = row.values["gateEMA"], let turn = row.values["turn"] else { return nil }
            return GateChart.Sample(step: Double(row.step), average: average, turn: turn)
        }
        return samples.isEmpty
            ? nil : GateChart(title: title, samples: samples, thresholds: thresholds).chart
    }
}
