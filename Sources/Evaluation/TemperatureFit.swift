import Foundation
import Scores
import System

extension TemperatureScaling {
    /// Fits T on `heldOut` and scores `test` with it.
    package init(fitting heldOut: Predictions, scoring test: Predictions) {
        let temperature = heldOut.fittedTemperature()
        let scaled = test.scaled(temperature: temperature)
        self.init(
            temperature: temperature, heldOutCount: heldOut.count, testNLL: scaled.negativeLogLikelihood,
            ece: scaled.calibration().expectedError, brier: scaled.brierScore)
    }
}

extension Predictions {
    /// The T in `TemperatureScaling.range` whose scaled predictions have the least mean −log p(y|x).
    public func fittedTemperature() -> Double {
        let logs = logProbabilities
        var (low, high) = (log(TemperatureScaling.range.lowerBound), log(TemperatureScaling.range.upperBound))
        // The likelihood's loss is convex in 1/T, so that its slope has one root at most. 60 halvings of log T
        // reach the last bit.
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if slope(logs, inverse: exp(-middle)) > 0 { low = middle } else { high = middle }
        }
        return exp((low + high) / 2)
    }

    /// The same images with all logits divided by `temperature`: p(k|x) ∝ p(k|x)^(1/T).
    public func scaled(temperature: Double) -> Predictions {
        let logs = logProbabilities
        var copy = self
        copy.probabilities = (0..<count).flatMap { image in
            Self.softmax(logs[image * classes..<(image + 1) * classes].map { $0 / temperature }).map(
                Float.init)
        }
        return copy
    }

    /// log p(k|x), row-major [N, K]: the logits but for a constant of each image.
    private var logProbabilities: [Double] {
        probabilities.map { log(Double(max($0, .leastNormalMagnitude))) }
    }

    /// The derivative of the mean −log p(y|x) in β = 1/T: the mean of Σ_k p_k l_k − l_y, l the logits.
    private func slope(_ logs: [Double], inverse: Double) -> Double {
        mean(
            (0..<count).map { image in
                let row = logs[image * classes..<(image + 1) * classes]
                let expected = zip(Self.softmax(row.map { $0 * inverse }), row).reduce(0) { $0 + $1.0 * $1.1 }
                return expected - row[row.startIndex + labels[image]]
            })
    }

    private static func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0
        let powers = logits.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
