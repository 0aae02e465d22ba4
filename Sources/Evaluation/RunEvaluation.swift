import Scores
import System

/// `evaluation.json`: the scores of each phase's end in full, for the report. A number that a run does not have is absent;
/// one that is not finite is null, and NaN when it is read.
public struct RunEvaluation: Codable, Sendable, Equatable {
    /// Densities of subsamples of the test data and of the flow's samples.
    public struct Energies: Codable, Sendable, Equatable {
        /// log p − log q, nats.
        public var data: [Double]
        public var samples: [Double]
        /// log p, nats, normalised by c only. Absent from old evaluations.
        public var dataLogP: [Double]?
        public var samplesLogP: [Double]?

        public init(
            data: [Double], samples: [Double], dataLogP: [Double]? = nil, samplesLogP: [Double]? = nil
        ) {
            self.data = data
            self.samples = samples
            self.dataLogP = dataLogP
            self.samplesLogP = samplesLogP
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            data = try container.numbers(.data)
            samples = try container.numbers(.samples)
            dataLogP = try container.numbersIfPresent(.dataLogP)
            samplesLogP = try container.numbersIfPresent(.samplesLogP)
        }
    }

    /// Images that are not the run's data, and how well three scores tell its test images from them.
    ///
    /// An area under the ROC curve is the probability that a test image scores above an image of the set: 1 tells
    /// them apart, 0.5 does not, and below 0.5 the other images score higher. Nil where the run lacks a model.
    public struct OtherSet: Codable, Sendable, Equatable {
        public var name: String
        /// Images of the set that were scored, and test images.
        public var images: Int
        public var testImages: Int
        /// AUROC by log p(x).
        public var aurocLogP: Double?
        /// AUROC by log p(x) − log q(x).
        public var aurocLogRatio: Double?
        /// AUROC by max_k p(k|x).
        public var aurocConfidence: Double?
        /// log p(x) of a subsample of the set, nats.
        public var logP: [Double]

        public init(
            name: String, images: Int, testImages: Int, aurocLogP: Double? = nil,
            aurocLogRatio: Double? = nil, aurocConfidence: Double? = nil, logP: [Double] = []
        ) {
            self.name = name
            self.images = images
            self.testImages = testImages
            self.aurocLogP = aurocLogP
            self.aurocLogRatio = aurocLogRatio
            self.aurocConfidence = aurocConfidence
            self.logP = logP
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

    public var phases: [PhaseScores]
    public var energies: Energies?
    public var hardest: [HardImage]?
    /// What `fce eval --ood` has found.
    public var otherSets: [OtherSet]?
    /// What `fce eval --fid` and `--features` have found.
    public var sampleQuality: [SampleQuality]?

    public init(phases: [PhaseScores], energies: Energies? = nil, hardest: [HardImage]? = nil) {
        self.phases = phases
        self.energies = energies
        self.hardest = hardest
    }
}
