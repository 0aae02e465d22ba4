// What updates and tests during training write to `metrics.jsonl`.

extension Metric {
    /// Everything that is logged, in the order of charts and of the line of progress. Chains on coarser grids add the
    /// grid's name to the keys of theirs.
    public static let logged: [Metric] =
        [testError, heldOutError, testNLL]
        + [bpd, bpdValidation, flowBitsPerDim, bpdBound, bpdBoundValidation, boundBitsPerDim]
        + [energyLogDensityMSE, flowLogDensityMSE, divergence, logLikelihood]
        + [labelLoss, unexplained, fitDeviation, value, valueData, valueSamples, dData, dSamples, saturated]
        + [accuracyGate, gateEMA, turn, energyUpdates, flowUpdates]
        + [vat, vatCosine, entropy, consistency]
        + [gap, fData, fChains, chainDisplacement, chainRise, chainGradFirst, chainGradLast]
        + [criticLoss, generatorLoss, inputGradient, penalty, clipped, generatorEntropy, featureDistance]
        + [gradNorm, flowGradNorm, generatorGradNorm, posteriorGradNorm, rate, flowRate, generatorRate]

    /// What the line of progress shows, in this order.
    package static let progress = logged.filter { $0.name(at: .progress) != nil }

    /// What `fce watch` shows of a run, in this order.
    public static let watched = [
        testError, heldOutError, bpd, bpdValidation, value, labelLoss, vat, gap, bpdBound, criticLoss,
        generatorLoss, accuracyGate,
    ]

    /// The metric that `metrics.jsonl` has under `key`, of whatever grid; nil for one that this version does not write.
    public static func logged(_ key: String) -> Metric? {
        let name = key.replacing(/Grid[0-9]+$/, with: "")
        return logged.first { $0.logKey == name }
    }

    /// The same of the energy of a coarser grid, of `side` pixels.
    package func onGrid(_ side: Int) -> Metric { suffixed("Grid\(side)") }
}

// MARK: - Likelihood

extension Metric {
    /// −log q of the batch of training images.
    public static let bpd = Metric(
        logged: "bpd", "flow", .bitsPerDimension, isLowerBetter: true,
        names: [.progress: "bpd", .watch: "flow, bits/dim"],
        curve: Curve(.bitsPerDimension, "training batch"))

    /// −log q of held-out images.
    public static let bpdValidation = Metric(
        logged: "bpdValidation", "flow, held out", .bitsPerDimension, isLowerBetter: true,
        names: [.watch: "held out, bits/dim"], curve: Curve(.bitsPerDimension, "held out"))

    /// −ELBO of the batch of training images.
    public static let bpdBound = Metric(
        logged: "bpdBound", "bound", .bitsPerDimension, isLowerBetter: true,
        names: [.progress: "bound", .watch: "bound, bits/dim"],
        curve: Curve(.bitsPerDimension, "bound, training batch"))

    /// The importance-weighted bound on held-out images.
    public static let bpdBoundValidation = Metric(
        logged: "bpdBoundValidation", "bound, held out", .bitsPerDimension, isLowerBetter: true,
        curve: Curve(.bitsPerDimension, "bound, held out"))

    /// KL(q(z|x) ‖ p(z)).
    public static let divergence = Metric(
        logged: "divergence", "divergence of q(z|x) from p(z)", .nats, curve: Curve(.divergence, "mean"))

    /// E log p(x|z).
    public static let logLikelihood = Metric(
        logged: "logLikelihood", "log p(x|z)", .nats, isLowerBetter: false)
}

// MARK: - Labels and contrast

extension Metric {
    /// The cross-entropy of labelled training images.
    public static let labelLoss = Metric(
        logged: "labelLoss", "label loss", .nats, isLowerBetter: true,
        names: [.progress: "label", .watch: "label loss"], curve: Curve(.labelLoss, "label loss"))

    /// The contrastive value V; Gao et al. 2020, eq. 12.
    public static let value = Metric(
        logged: "value", "V", .nats, names: [.progress: "V", .watch: "V"], curve: Curve(.value, "V"))
    /// The share of the variance of log q that an energy of base `none` leaves unexplained while it is fitted to it.
    public static let unexplained = Metric(
        logged: "unexplained", "unexplained variance of log q", .share, isLowerBetter: true,
        names: [.progress: "1 - R²", .watch: "unexplained variance of log q"])
    /// The standard deviation of log p − log q over data and samples in the same fit.
    public static let fitDeviation = Metric(
        logged: "fitDeviation", "deviation from log q", .nats, isLowerBetter: true)

    /// V's term of the data.
    public static let valueData = Metric(
        logged: "valueData", "V on data", .nats, curve: Curve(.value, "on data"))
    /// V's term of the samples.
    public static let valueSamples = Metric(
        logged: "valueSamples", "V on samples", .nats, curve: Curve(.value, "on samples"))

    /// The mean of d = log p − log q on data.
    public static let dData = Metric(logged: "dData", "d on data", .nats, curve: Curve(.logRatio, "data"))
    /// The mean of d on samples.
    public static let dSamples = Metric(
        logged: "dSamples", "d on samples", .nats, curve: Curve(.logRatio, "samples"))
    /// The share of images with |d| > 20.
    public static let saturated = Metric(
        logged: "saturated", "saturated", .share, isLowerBetter: true,
        curve: Curve(.saturation, "saturated"))

    /// The share of images that the sign of d tells apart, 0...1: what the gate goes by.
    public static let accuracyGate = Metric(
        logged: "accuracyGate", "gate's accuracy", names: [.watch: "gate's accuracy"])
    /// The gate's moving average of ``accuracyGate``.
    public static let gateEMA = Metric(logged: "gateEMA", "gate's moving average")
    /// Whose turn it is: 0 the energy's, 1 the flow's.
    public static let turn = Metric(logged: "turn", "turn")
    /// Updates of the energy in a joint phase.
    public static let energyUpdates = Metric(logged: "energyUpdates", "updates of the energy")
    /// Updates of the flow in a joint phase.
    public static let flowUpdates = Metric(logged: "flowUpdates", "updates of the flow")
}

// MARK: - Regularisers

extension Metric {
    /// The loss of virtual adversarial training; Miyato et al. 2018.
    public static let vat = Metric(
        logged: "vat", "VAT", .nats, isLowerBetter: true, names: [.progress: "VAT", .watch: "VAT"],
        curve: Curve(.regularizers, "VAT"))
    /// The cosine between VAT's direction and the exact one.
    public static let vatCosine = Metric(
        logged: "vatCosine", "VAT's direction", isLowerBetter: false, curve: Curve(.vatDirection, "mean"))
    /// The mean entropy of p(y|x) on unlabelled images.
    public static let entropy = Metric(
        logged: "entropy", "entropy", .nats, isLowerBetter: true, curve: Curve(.regularizers, "entropy"))
    /// The squared distance of predictions under two passes: Π-model, temporal ensembling, mean teacher.
    public static let consistency = Metric(logged: "consistency", "consistency", isLowerBetter: true)
}

// MARK: - Baselines

extension Metric {
    /// f on data less f at the chains' ends.
    public static let gap = Metric(
        logged: "gap", "gap", .nats, names: [.progress: "gap", .watch: "gap"])
    public static let fData = Metric(logged: "fData", "f on data", .nats, curve: Curve(.meanF, "data"))
    public static let fChains = Metric(
        logged: "fChains", "f at the chains' ends", .nats, curve: Curve(.meanF, "chains"))
    public static let chainDisplacement = Metric(
        logged: "chainDisplacement", "way of the chains", curve: Curve(.chainWay, "mean distance"))
    /// How much f rises along a chain.
    public static let chainRise = Metric(logged: "chainRise", "rise of f along the chains", .nats)
    public static let chainGradFirst = Metric(
        logged: "chainGradFirst", "gradient of f at the first step",
        curve: Curve(.chainGradient, "first step"))
    public static let chainGradLast = Metric(
        logged: "chainGradLast", "gradient of f at the last step", curve: Curve(.chainGradient, "last step"))

    public static let criticLoss = Metric(
        logged: "criticLoss", "critic's loss", names: [.progress: "critic", .watch: "critic's loss"],
        curve: Curve(.adversaries, "critic"))
    public static let generatorLoss = Metric(
        logged: "generatorLoss", "generator's loss",
        names: [.progress: "generator", .watch: "generator's loss"], curve: Curve(.adversaries, "generator"))
    /// The length of the critic's gradient in its input.
    public static let inputGradient = Metric(
        logged: "inputGradient", "critic's input gradient", curve: Curve(.inputGradient, "mean"))
    /// The gradient penalty; Gulrajani et al. 2017.
    public static let penalty = Metric(logged: "penalty", "gradient penalty", isLowerBetter: true)
    /// The share of the critic's weights at their bound.
    public static let clipped = Metric(
        logged: "clipped", "clipped weights", .share, curve: Curve(.clippedWeights, "clipped"))
    public static let generatorEntropy = Metric(
        logged: "generatorEntropy", "entropy of the generator", .nats,
        curve: Curve(.generatorEntropy, "entropy"))
    public static let featureDistance = Metric(
        logged: "featureDistance", "distance of mean features", isLowerBetter: true,
        curve: Curve(.featureDistance, "data to samples"))
}

// MARK: - Optimisation

extension Metric {
    /// The length of the network's gradient.
    public static let gradNorm = Metric(
        logged: "gradNorm", "gradient norm", curve: Curve(.gradientNorm, "network"))
    public static let flowGradNorm = Metric(
        logged: "flowGradNorm", "gradient norm of the flow", curve: Curve(.gradientNorm, "flow"))
    public static let generatorGradNorm = Metric(
        logged: "generatorGradNorm", "gradient norm of the generator",
        curve: Curve(.gradientNorm, "generator"))
    public static let posteriorGradNorm = Metric(
        logged: "posteriorGradNorm", "gradient norm of q(z|x)")
    /// The learning rate.
    public static let rate = Metric(logged: "rate", "rate")
    public static let flowRate = Metric(logged: "flowRate", "rate of the flow")
    public static let generatorRate = Metric(logged: "generatorRate", "rate of the generator")
}
