import Datasets
import EnergyModels
import Methods
import Training

/// Scores that separate images of the run's data from others; larger ones speak for the data. All are `[N]`, and
/// empty where the run lacks the model.
package struct DetectionScores {
    /// log q and log p − log q, nats.
    package var densities = ModelDensities()
    /// max_k p(k|x); Hendrycks & Gimpel, ICLR 2017.
    package var confidence: [Double] = []
}

extension Evaluator {
    /// How well the models separate test images from those of `others`.
    /// - Throws: `UserError` as reading `others` does.
    package func otherSets(_ others: [OtherImages]) throws -> [RunEvaluation.OtherSet] {
        let count = min(data.test.count, Self.densityLimit)
        let test = try detectionScores(of: data.test, count)
        return try others.map { other in
            let images = try other.images(count, extents: data.extents)
            let scores = try detectionScores(of: images, images.count)
            func area(_ score: (DetectionScores) -> [Double]) -> Double? {
                let value = areaUnderROC(positives: score(test), negatives: score(scores))
                return value.isNaN ? nil : value
            }
            return RunEvaluation.OtherSet(
                name: other.name, images: images.count, testImages: count,
                aurocLogP: area(\.densities.energy), aurocLogRatio: area(\.densities.difference),
                aurocConfidence: area(\.confidence),
                logP: Array(scores.densities.energy.filter(\.isFinite).prefix(Self.histogramLimit)))
        }
    }

    private func detectionScores(of set: any ExampleSet, _ count: Int) throws -> DetectionScores {
        let indices = Array(0..<count)
        var scores = DetectionScores(densities: try densities(of: set, indices))
        guard let probabilities = try probabilities(of: set, indices) else { return scores }
        let classes = recipe.energy.classes
        scores.confidence = indices.map { image in
            Double(probabilities[image * classes..<(image + 1) * classes].max() ?? .nan)
        }
        return scores
    }
}
