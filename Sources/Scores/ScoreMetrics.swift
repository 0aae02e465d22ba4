// What models are scored by. A score that is added here and to one of the lists below is in `result.json`, in
// `evaluation.json`, in `fce eval`, on pages, in model cards and, with a column, in tables.

extension Metric {
    /// Every score, in the order in which people read them.
    public static let scores = classification + [heldOutError] + densities + knownDensity + samples

    /// The scores of predicted classes of test images.
    public static let classification = [testError, testNLL, ece, brier, aurocMistakes]

    /// The scores of densities.
    public static let densities = [flowBitsPerDim, boundBitsPerDim] + energyDensities

    /// The scores of the energy's density.
    public static let energyDensities = [energyBitsPerDim, normalizedBitsPerDim]

    /// How far samples are from images.
    public static let samples = [fid, kid, frechetDistance, kernelDistance]

    /// The errors of log densities, where the true density is known.
    public static let knownDensity = [flowLogDensityMSE, energyLogDensityMSE]
}

// MARK: - Classification

extension Metric {
    /// The share of wrong test images.
    public static let testError = Metric(
        "testError", log: "testError", "test error", .share, isLowerBetter: true,
        names: [
            .evaluation: "test error", .phases: "test error, %", .summary: "test error",
            .watch: "test error",
        ], curve: Curve(.error, "test"))

    /// The share of wrong held-out training images, by which settings are chosen.
    public static let heldOutError = Metric(
        "heldOutError", log: "heldOutError", "held-out error", .share, isLowerBetter: true,
        names: [.summary: "held-out error", .watch: "held-out error"], curve: Curve(.error, "held out"))

    /// The mean −log p(y|x) on test images.
    public static let testNLL = Metric(
        "testNLL", log: "testNLL", "test NLL", .nats, isLowerBetter: true,
        names: [
            .evaluation: "NLL", .headline: "test NLL, nats", .phases: "test NLL, nats",
            .card: "−log p(y|x), nats",
        ], column: Column("NLL, nats", key: "nll", hasDeviation: true), curve: Curve(.testNLL, "test"))

    /// The expected calibration error over 15 bins; Guo et al., ICML 2017.
    public static let ece = Metric(
        "ece", "ECE", .share, isLowerBetter: true,
        names: [
            .evaluation: "ECE", .headline: "calibration error, %", .phases: "ECE, %",
            .card: "expected calibration error, %",
        ], column: Column("ECE, %", key: "ece", hasDeviation: true))

    /// The Brier score, 0...2; Brier, 1950.
    public static let brier = Metric(
        "brier", "Brier", .number, isLowerBetter: true,
        names: [
            .evaluation: "Brier", .headline: "Brier score", .phases: "Brier", .card: "Brier score",
        ])

    /// How well confidence ranks mistakes: the probability that a right answer is surer than a wrong one. Files of old
    /// lack it.
    public static let aurocMistakes = Metric(
        "aurocMistakes", "confidence AUROC", .number, isLowerBetter: false, isRare: true,
        remark: "that a right answer is surer than a wrong one",
        column: Column("confidence AUROC", key: "aurocMistakes", hasDeviation: true))
}

// MARK: - Densities

extension Metric {
    /// −log q(x) of test images.
    public static let flowBitsPerDim = Metric(
        "flowBitsPerDim", log: "bpdTest", "flow", .bitsPerDimension, isLowerBetter: true,
        names: [
            .evaluation: "flow", .headline: "flow, bits/dim", .phases: "flow, bits/dim",
            .card: "flow, bits/dim", .summary: "flow",
        ], column: Column("flow bits/dim", key: "flowBitsPerDim"), curve: Curve(.bitsPerDimension, "test"))

    /// A variational autoencoder's importance-weighted bound: its bits/dim are at most this, in expectation.
    public static let boundBitsPerDim = Metric(
        "boundBitsPerDim", log: "bpdBoundTest", "VAE", .bitsPerDimension, isLowerBetter: true, isRare: true,
        remark: " at most",
        names: [.evaluation: "VAE", .headline: "VAE, bits/dim at most", .summary: "at most"],
        column: Column("bound, bits/dim", key: "boundBitsPerDim"),
        curve: Curve(.bitsPerDimension, "bound, test"))

    /// −log p(x) of test images as c normalises it.
    public static let energyBitsPerDim = Metric(
        "energyBitsPerDim", "EBM", .bitsPerDimension, isLowerBetter: true,
        remark: ", normalised by c only",
        names: [
            .evaluation: "EBM", .headline: "EBM, bits/dim", .phases: "EBM, bits/dim",
            .card: "energy, bits/dim as c normalises it",
        ], column: Column("EBM bits/dim", key: "energyBitsPerDim"))

    /// −log p(x) + log Z: ``energyBitsPerDim`` with the estimate of log Z.
    public static let normalizedBitsPerDim = Metric(
        "normalizedBitsPerDim", "EBM, log Z", .bitsPerDimension, isLowerBetter: true,
        names: [.evaluation: "EBM, log Z", .phases: "EBM with log Z"],
        column: Column("with log Z", key: "normalizedBitsPerDim"))

    /// The mean squared difference of log q from the true log density over test points.
    public static let flowLogDensityMSE = Metric(
        "flowLogDensityMSE", log: "flowLogDensityMSE", "MSE of log q", .squaredNats, isLowerBetter: true,
        isRare: true, remark: ", from the true log density",
        names: [
            .evaluation: "MSE of log q", .headline: "flow, MSE of log q, nats²",
            .summary: "log-density MSE of the flow",
        ], curve: Curve(.logDensityError, "flow"))

    /// The same of log p, normalised by c alone.
    public static let energyLogDensityMSE = Metric(
        "energyLogDensityMSE", log: "energyLogDensityMSE", "MSE of log p", .squaredNats,
        isLowerBetter: true, isRare: true,
        names: [
            .evaluation: "MSE of log p", .headline: "EBM, MSE of log p, nats²",
            .summary: "log-density MSE of the EBM",
        ], curve: Curve(.logDensityError, "EBM"))
}

// MARK: - Samples

extension Metric {
    /// The Fréchet distance of samples from images in the features of Inception v3; Heusel et al., NIPS 2017.
    public static let fid = Metric(
        "fid", "FID", .number, decimals: 2, isLowerBetter: true, isRare: true,
        column: Column("FID", key: "fid", hasDeviation: true))

    /// The kernel distance in the same features; Bińkowski et al., ICLR 2018.
    public static let kid = Metric(
        "kid", "KID", .number, decimals: 4, isLowerBetter: true, isRare: true,
        column: Column("KID", key: "kid", hasDeviation: true))

    /// The Fréchet distance in the features of a classifier that was trained here. It is no FID.
    public static let frechetDistance = Metric(
        "frechetDistance", "Fréchet distance", .number, isLowerBetter: true, isRare: true,
        remark: " in a classifier's features",
        column: Column("Fréchet distance", key: "frechetDistance", hasDeviation: true))

    /// The kernel distance in the same features.
    public static let kernelDistance = Metric(
        "kernelDistance", "kernel distance", .number, decimals: 4, isLowerBetter: true, isRare: true,
        remark: " in a classifier's features")
}
