/// One chart of a phase: which logged quantities it shows, and what readers should make of them.
struct PhasePlot {
    let title: String
    let unit: String
    var scale = 1.0
    var isLogarithmic = false
    /// Whether a single value is worth a chart.
    var isOutcome = false
    /// What good looks like.
    let note: String
    /// Keys of `metrics.jsonl`, and their names in the legend.
    let curves: [(key: String, label: String)]

    static let all = classification + likelihood + contrast + regularizers + adversaries + chains + gradients

    private static let classification = [
        PhasePlot(
            title: "Error", unit: "%", scale: 100, isOutcome: true,
            note:
                "The share of misclassified images. It should fall; the last point is the phase's final evaluation.",
            curves: [("testError", "test"), ("heldOutError", "held out")]),
        PhasePlot(
            title: "Test NLL", unit: "nats", isOutcome: true,
            note:
                "The mean −log p of the true class. It should fall; where it rises while the error falls, the model grows "
                + "too sure.",
            curves: [("testNLL", "test")]),
        PhasePlot(
            title: "Label loss", unit: "nats", isLogarithmic: true,
            note:
                "The cross-entropy on labelled training images. It should fall towards 0; with few labels it says little "
                + "about test images.",
            curves: [("labelLoss", "label loss")]),
    ]

    private static let likelihood = [
        PhasePlot(
            title: "Bits per dimension", unit: "bits/dim",
            note:
                "What it costs to describe a number of an image. It should fall and level off; a held-out curve that rises "
                + "again means overfitting.",
            curves: [
                ("bpd", "training batch"), ("bpdValidation", "held out"), ("bpdTest", "test"),
                ("bpdBound", "bound, training batch"), ("bpdBoundValidation", "bound, held out"),
                ("bpdBoundTest", "bound, test"),
            ]),
        PhasePlot(
            title: "Log-density error", unit: "nats²", isLogarithmic: true,
            note:
                "The mean squared difference of log densities from the true ones. It should fall towards 0.",
            curves: [("energyLogDensityMSE", "EBM"), ("flowLogDensityMSE", "flow")]),
        PhasePlot(
            title: "Divergence of q(z|x) from p(z)", unit: "nats",
            note:
                "How much an image's code says about it. It should settle above 0; at 0 the code is ignored.",
            curves: [("divergence", "mean")]),
    ]

    private static let contrast = [
        PhasePlot(
            title: "Contrastive value V", unit: "nats",
            note:
                "V is 0 when the energy tells data from samples without fault and −1.39 when it cannot. Training the energy "
                + "should raise it; a flow that catches up lowers it again.",
            curves: [("value", "V"), ("valueData", "on data"), ("valueSamples", "on samples")]),
        PhasePlot(
            title: "Mean d = log p − log q", unit: "nats",
            note:
                "How much more the energy gives an image than the flow does. The curves part while the energy learns; in "
                + "good joint training they come back towards 0.",
            curves: [("dData", "data"), ("dSamples", "samples")]),
        PhasePlot(
            title: "Saturated: |d| > 20", unit: "% of images", scale: 100,
            note:
                "The share of images that are so far apart that they teach nothing any more. It should stay near 0; near 100 "
                + "learning has stopped.",
            curves: [("saturated", "saturated")]),
    ]

    private static let regularizers = [
        PhasePlot(
            title: "VAT and entropy terms", unit: "nats",
            note:
                "VAT is how much the worst small shift of an image changes its predicted classes, entropy how undecided they "
                + "are. Both should fall and stay low.",
            curves: [("vat", "VAT"), ("entropy", "entropy")]),
        PhasePlot(
            title: "VAT's direction", unit: "cosine",
            note:
                "How well the direction in which VAT shifts images agrees with the exact one. It should stay close to 1; at 0 "
                + "the shifts are random.",
            curves: [("vatCosine", "mean")]),
    ]

    private static let adversaries = [
        PhasePlot(
            title: "Losses of critic and generator", unit: "",
            note:
                "The two play against each other. Good curves settle; one that runs away means that a player has lost.",
            curves: [("criticLoss", "critic"), ("generatorLoss", "generator")]),
        PhasePlot(
            title: "Length of the critic's input gradient", unit: "",
            note: "How steep the critic is. A gradient penalty should hold it near 1.",
            curves: [("inputGradient", "mean")]),
        PhasePlot(
            title: "Clipped weights", unit: "% of weights", scale: 100,
            note: "The share of the critic's weights at their bound. It should stay well below 100.",
            curves: [("clipped", "clipped")]),
        PhasePlot(
            title: "Entropy of the generator", unit: "nats",
            note:
                "How varied the generator's samples are. It should not keep falling, which would make them all alike.",
            curves: [("generatorEntropy", "entropy")]),
        PhasePlot(
            title: "Distance of mean features", unit: "", isLogarithmic: true,
            note:
                "How far the samples' mean features are from those of the data. It should fall and level off.",
            curves: [("featureDistance", "data to samples")]),
    ]

    private static let chains = [
        PhasePlot(
            title: "Mean f", unit: "nats",
            note:
                "The network's output on data and at the chains' ends. In good training the two stay close together.",
            curves: [("fData", "data"), ("fChains", "chains")]),
        PhasePlot(
            title: "Way of the chains", unit: "", isLogarithmic: true,
            note: "How far chains move from their start. It should neither vanish nor grow without end.",
            curves: [("chainDisplacement", "mean distance")]),
        PhasePlot(
            title: "Gradient of f along the chains", unit: "", isLogarithmic: true,
            note:
                "How strongly chains are driven. The curves should stay steady; growth without end announces divergence.",
            curves: [("chainGradFirst", "first step"), ("chainGradLast", "last step")]),
    ]

    private static let gradients = [
        PhasePlot(
            title: "Gradient norm", unit: "", isLogarithmic: true,
            note:
                "The length of the parameters' gradients. It should stay steady or fall; growth over decades announces "
                + "divergence.",
            curves: [("gradNorm", "network"), ("flowGradNorm", "flow"), ("generatorGradNorm", "generator")])
    ]
}
