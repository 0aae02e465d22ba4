import Foundation
import Scores
import System

/// Class probabilities of labelled images and what they are worth: error, likelihood, calibration, confusion.
public struct Predictions: Sendable {
    /// p(y|x), row-major [N, K].
    public internal(set) var probabilities: [Float]
    /// True classes [N], each in 0..<K.
    public let labels: [Int]
    public let classes: Int

    public var count: Int { labels.count }

    /// - Parameters:
    ///   - probabilities: p(y|x), row-major [N, K].
    ///   - labels: the true classes [N].
    ///   - classes: K.
    ///   - place: the file that they are from.
    /// - Throws: `UserError(.data)` when the shapes disagree or a label is not a class.
    public init(probabilities: [Float], labels: [Int], classes: Int, at place: String? = nil) throws {
        guard classes > 0, probabilities.count == labels.count * classes else {
            throw UserError(
                .data,
                "\(probabilities.count) probabilities for \(labels.count) images of \(classes) classes",
                at: place, advice: "the file holds [images, classes] probabilities and one label an image")
        }
        if let wrong = labels.first(where: { !(0..<classes).contains($0) }) {
            throw UserError(.data, "label \(wrong) is not one of \(classes) classes", at: place)
        }
        self.probabilities = probabilities
        self.labels = labels
        self.classes = classes
    }

    /// The most probable class of each image [N]; the first one on a tie, and a NaN is never the largest.
    public var predicted: [Int] {
        (0..<count).map { image in
            var best = image * classes
            for i in best..<(best + classes) where probabilities[i] > probabilities[best] { best = i }
            return best - image * classes
        }
    }

    /// Which images are misclassified [N].
    public var wrong: [Bool] { zip(predicted, labels).map { $0 != $1 } }

    /// Share of misclassified images in 0...1; NaN without images.
    public var errorRate: Double { mean(wrong.map { $0 ? 1 : 0 }) }

    /// Mean -log p(y|x) in nats. Probabilities below float32's least normal number (1.2e-38) count as that
    /// number, so that one underflow does not make the mean infinite.
    public var negativeLogLikelihood: Double {
        mean((0..<count).map { -log(Double(max(probability($0, labels[$0]), .leastNormalMagnitude))) })
    }

    /// Brier score, mean over images of Σ_k (p_k - [y = k])², in 0...2 (Brier, 1950).
    public var brierScore: Double {
        mean(
            (0..<count).map { image in
                (0..<classes).reduce(0) { sum, k in
                    let gap = Double(probability(image, k)) - (labels[image] == k ? 1 : 0)
                    return sum + gap * gap
                }
            })
    }

    /// What the predictions are scored by: ``Metric/classification``, and the confusion of classes.
    package var scores: Scores {
        var scores: Scores = [
            .testError: errorRate, .testNLL: negativeLogLikelihood, .ece: calibration().expectedError,
            .brier: brierScore, .aurocMistakes: mistakeAUROC,
        ]
        scores.confusion = confusion.counts
        return scores
    }

    public var confusion: ConfusionMatrix {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        for (truth, guess) in zip(labels, predicted) { counts[truth][guess] += 1 }
        return ConfusionMatrix(counts: counts)
    }

    /// Confidence against accuracy in equal-width bins of the predicted class's probability.
    public func calibration(bins: Int = 15) -> Calibration {
        let guesses = predicted
        return Calibration(
            confidences: (0..<count).map { Double(probability($0, guesses[$0])) },
            correct: zip(guesses, labels).map { $0 == $1 }, bins: bins)
    }

    private func probability(_ image: Int, _ k: Int) -> Float { probabilities[image * classes + k] }
}

/// Counts of true class (row) against predicted class (column).
public struct ConfusionMatrix: Equatable, Sendable {
    public let counts: [[Int]]

    public init(counts: [[Int]]) { self.counts = counts }

    /// The matrix of an evaluation file; nil where that has none, or one that is not square.
    public init?(square counts: [[Int]]?) {
        guard let counts, !counts.isEmpty, counts.allSatisfy({ $0.count == counts.count }) else { return nil }
        self.init(counts: counts)
    }

    /// Share of each true class that is misclassified; NaN for a class without images.
    public var classErrors: [Double] {
        counts.enumerated().map { k, row in
            1 - Double(row[k]) / Double(row.reduce(0, +))
        }
    }
}

/// The reliability of stated confidences; Guo et al., *On Calibration of Modern Neural Networks*, ICML 2017.
public struct Calibration: Sendable {
    /// Images whose confidence lies in (lower, upper]; the means are 0 where there are none.
    public struct Bin: Equatable, Sendable {
        public let lower: Double
        public let upper: Double
        public let count: Int
        public let confidence: Double
        public let accuracy: Double
    }

    public let bins: [Bin]

    public init(confidences: [Double], correct: [Bool], bins: Int) {
        precondition(bins > 0 && confidences.count == correct.count)
        var count = [Int](repeating: 0, count: bins)
        var confidence = [Double](repeating: 0, count: bins)
        var accuracy = confidence
        for (p, hit) in zip(confidences, correct) where p.isFinite {
            let bin = max(Int((min(max(p, 0), 1) * Double(bins)).rounded(.up)) - 1, 0)
            count[bin] += 1
            confidence[bin] += p
            accuracy[bin] += hit ? 1 : 0
        }
        self.bins = (0..<bins).map { i in
            let n = Double(max(count[i], 1))
            return Bin(
                lower: Double(i) / Double(bins), upper: Double(i + 1) / Double(bins), count: count[i],
                confidence: confidence[i] / n, accuracy: accuracy[i] / n)
        }
    }

    /// Expected calibration error, Σ_b (n_b / N) |accuracy_b - confidence_b|, in 0...1.
    public var expectedError: Double {
        let total = Double(bins.reduce(0) { $0 + $1.count })
        return bins.reduce(0) { $0 + Double($1.count) / total * abs($1.accuracy - $1.confidence) }
    }
}
