/// A chart of a phase: what its curves have in common, and what readers should make of them. Metrics name the chart that
/// draws them.
public struct MetricChart: Sendable {
    public let title: String
    /// The unit of the vertical axis.
    public let unit: String
    public let isLogarithmic: Bool
    /// Whether a single value is worth a chart.
    public let isOutcome: Bool
    /// What good looks like.
    public let note: String

    public init(
        _ title: String, unit: String = "", isLogarithmic: Bool = false, isOutcome: Bool = false, note: String
    ) {
        self.title = title
        self.unit = unit
        self.isLogarithmic = isLogarithmic
        self.isOutcome = isOutcome
        self.note = note
    }

    /// The metrics that the chart draws, in the order of the legend.
    public var metrics: [Metric] { Metric.logged.filter { $0.curve?.chart.title == title } }

    /// All charts of a phase, in the order of the page.
    public static let all =
        classification + likelihood + contrast + regularization + players + chains + [gradientNorm]
}

// MARK: - Classification

extension MetricChart {
    private static let classification = [error, testNLL, labelLoss]

    public static let error = MetricChart(
        "Error", unit: "%", isOutcome: true,
        note:
            "The share of misclassified images. It should fall; the last point is the phase's final evaluation."
    )

    public static let testNLL = MetricChart(
        "Test NLL", unit: "nats", isOutcome: true,
        note:
            "The mean −log p of the true class. It should fall; where it rises while the error falls, the model grows "
            + "too sure.")

    public static let labelLoss = MetricChart(
        "Label loss", unit: "nats", isLogarithmic: true,
        note:
            "The cross-entropy on labelled training images. It should fall towards 0; with few labels it says little "
            + "about test images.")
}

// MARK: - Likelihood

extension MetricChart {
    private static let likelihood = [bitsPerDimension, logDensityError, divergence]

    public static let bitsPerDimension = MetricChart(
        "Bits per dimension", unit: "bits/dim",
        note:
            "What it costs to describe a number of an image. It should fall and level off; a held-out curve that rises "
            + "again means overfitting.")

    public static let logDensityError = MetricChart(
        "Log-density error", unit: "nats²", isLogarithmic: true,
        note: "The mean squared difference of log densities from the true ones. It should fall towards 0.")

    public static let divergence = MetricChart(
        "Divergence of q(z|x) from p(z)", unit: "nats",
        note: "How much an image's code says about it. It should settle above 0; at 0 the code is ignored.")
}

// MARK: - Contrast

extension MetricChart {
    private static let contrast = [value, logRatio, saturation]

    public static let value = MetricChart(
        "Contrastive value V", unit: "nats",
        note:
            "V is 0 when the energy tells data from samples without fault and −1.39 when it cannot. Training the energy "
            + "should raise it; a flow that catches up lowers it again.")

    public static let logRatio = MetricChart(
        "Mean d = log p − log q", unit: "nats",
        note:
            "How much more the energy gives an image than the flow does. The curves part while the energy learns; in "
            + "good joint training they come back towards 0.")

    public static let saturation = MetricChart(
        "Saturated: |d| > 20", unit: "% of images",
        note:
            "The share of images that are so far apart that they teach nothing any more. It should stay near 0; near 100 "
            + "learning has stopped.")
}

// MARK: - Regularizers

extension MetricChart {
    private static let regularization = [regularizers, vatDirection]

    public static let regularizers = MetricChart(
        "VAT and entropy terms", unit: "nats",
        note:
            "VAT is how much the worst small shift of an image changes its predicted classes, entropy how undecided they "
            + "are. Both should fall and stay low.")

    public static let vatDirection = MetricChart(
        "VAT's direction", unit: "cosine",
        note:
            "How well the direction in which VAT shifts images agrees with the exact one. It should stay close to 1; at 0 "
            + "the shifts are random.")
}

// MARK: - Adversaries

extension MetricChart {
    private static let players = [
        adversaries, inputGradient, clippedWeights, generatorEntropy, featureDistance,
    ]

    public static let adversaries = MetricChart(
        "Losses of critic and generator",
        note:
            "The two play against each other. Good curves settle; one that runs away means that a player has lost."
    )

    public static let inputGradient = MetricChart(
        "Length of the critic's input gradient",
        note: "How steep the critic is. A gradient penalty should hold it near 1.")

    public static let clippedWeights = MetricChart(
        "Clipped weights", unit: "% of weights",
        note: "The share of the critic's weights at their bound. It should stay well below 100.")

    public static let generatorEntropy = MetricChart(
        "Entropy of the generator", unit: "nats",
        note:
            "How varied the generator's samples are. It should not keep falling, which would make them all alike."
    )

    public static let featureDistance = MetricChart(
        "Distance of mean features", isLogarithmic: true,
        note: "How far the samples' mean features are from those of the data. It should fall and level off.")
}

// MARK: - Chains

extension MetricChart {
    private static let chains = [meanF, chainWay, chainGradient]

    public static let meanF = MetricChart(
        "Mean f", unit: "nats",
        note:
            "The network's output on data and at the chains' ends. In good training the two stay close together."
    )

    public static let chainWay = MetricChart(
        "Way of the chains", isLogarithmic: true,
        note: "How far chains move from their start. It should neither vanish nor grow without end.")

    public static let chainGradient = MetricChart(
        "Gradient of f along the chains", isLogarithmic: true,
        note:
            "How strongly chains are driven. The curves should stay steady; growth without end announces divergence."
    )
}

// MARK: - Gradients

extension MetricChart {
    public static let gradientNorm = MetricChart(
        "Gradient norm", isLogarithmic: true,
        note:
            "The length of the parameters' gradients. It should stay steady or fall; growth over decades announces "
            + "divergence.")
}
