import System

/// What linear classifiers on a network's features are worth with so many labels: in `result.json` and `probe.json`.
public struct ProbeResult: Codable, Sendable, Equatable {
    /// The network that was probed.
    public enum Network: String, Codable, Sendable {
        case trained
        /// The same, as initialised from data.
        case randomInit = "random-init"
    }

    public var network: Network
    /// The index of the phase whose weights were probed.
    public var phase: Int?
    /// `svm` or `logistic`.
    public var classifier: String
    public var layers: [String]
    /// Number of features of an image.
    public var features: Int
    /// Labelled images of a draw.
    public var labels: Int
    /// Training images that C was chosen by.
    public var holdOut: Int
    /// C.
    public var cost: Double
    /// Mean share of wrong held-out images with that C over ten draws, 0...1.
    public var heldOutError: Double
    /// Share of wrong test images of each draw, 0...1.
    public var errors: [Double]

    public init(
        network: Network, phase: Int? = nil, classifier: String, layers: [String], features: Int, labels: Int,
        holdOut: Int, cost: Double, heldOutError: Double, errors: [Double]
    ) {
        self.network = network
        self.phase = phase
        self.classifier = classifier
        self.layers = layers
        self.features = features
        self.labels = labels
        self.holdOut = holdOut
        self.cost = cost
        self.heldOutError = heldOutError
        self.errors = errors
    }

    /// Mean share of wrong test images over draws, 0...1.
    public var error: Double { mean(errors) }

    /// Sample standard deviation over draws; nil for a single one.
    public var deviation: Double? {
        let average = error
        let squares = errors.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        return errors.count > 1 ? (squares / Double(errors.count - 1)).squareRoot() : nil
    }

    /// The interval in which 95 % of draws lie, mean ± 1.96 sd, as Radford et al. 2016 print it; nil for a single draw.
    public var interval: (low: Double, high: Double)? {
        deviation.map { (error - 1.96 * $0, error + 1.96 * $0) }
    }

    /// Whether two results answer one question, so that the later one takes the other's place.
    package func isSameQuestion(as other: ProbeResult) -> Bool {
        (network, classifier, layers, labels) == (other.network, other.classifier, other.layers, other.labels)
            && (phase, holdOut) == (other.phase, other.holdOut)
    }
}

/// `probe.json`: what `fce probe` has found of a run.
public struct ProbeRecord: Codable, Sendable, Equatable {
    public var format = 1
    public var recipeHash: String
    public var results: [ProbeResult]

    public init(recipeHash: String, results: [ProbeResult]) {
        self.recipeHash = recipeHash
        self.results = results
    }
}
