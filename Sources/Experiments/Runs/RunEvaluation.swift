/// `evaluation.json`: the scores of each phase's end in full, for the report.
public struct RunEvaluation: Codable, Sendable, Equatable {
    /// log of the energy's normaliser by importance sampling with the flow as proposal.
    public struct Normalizer: Codable, Sendable, Equatable {
        /// Nats.
        public var estimate: Double
        public var effectiveSampleSize: Double
        public var samples: Int

        public init(estimate: Double, effectiveSampleSize: Double, samples: Int) {
            self.estimate = estimate
            self.effectiveSampleSize = effectiveSampleSize
            self.samples = samples
        }
    }

    public struct Phase: Codable, Sendable, Equatable {
        public var name: String
        public var testError: Double?
        public var testNLL: Double?
        /// On the training images held out to choose settings by.
        public var heldOutError: Double?
        public var ece: Double?
        /// Test images by true class (rows) and predicted class.
        public var confusion: [[Int]]?
        public var flowBitsPerDim: Double?
        public var energyBitsPerDim: Double?
        public var logZ: Normalizer?
        public var steps: Int
        public var seconds: Double

        public init(name: String, steps: Int, seconds: Double) {
            self.name = name
            self.steps = steps
            self.seconds = seconds
        }
    }

    /// Subsamples of log p − log q, nats.
    public struct Energies: Codable, Sendable, Equatable {
        public var data: [Double]
        public var samples: [Double]

        public init(data: [Double], samples: [Double]) {
            self.data = data
            self.samples = samples
        }
    }

    /// A test image that the model is wrong and sure about.
    public struct HardImage: Codable, Sendable, Equatable {
        public var index: Int
        public var label: Int
        public var predicted: Int
        /// p(predicted|x).
        public var probability: Double

        public init(index: Int, label: Int, predicted: Int, probability: Double) {
            self.index = index
            self.label = label
            self.predicted = predicted
            self.probability = probability
        }
    }

    public var phases: [Phase]
    public var energies: Energies?
    public var hardest: [HardImage]?

    public init(phases: [Phase], energies: Energies? = nil, hardest: [HardImage]? = nil) {
        self.phases = phases
        self.energies = energies
        self.hardest = hardest
    }
}
