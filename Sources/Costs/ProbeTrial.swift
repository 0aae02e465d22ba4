import Datasets
import Evaluation
import Foundation
import Probes
import Tensors
import Training

/// The probe of a recipe on generated images: features at their own size, problems of as many labels as it has.
package struct ProbeTrial {
    private let recipe: Recipe
    private let backend: any Backend
    /// Training images of the recipe's data, which a probe with all labels takes.
    private let images: Int
    /// Larger problems are measured with fewer examples: their time grows with the square.
    private static let limit = 1500

    package init(_ recipe: Recipe, images: Int, backend: any Backend) {
        (self.recipe, self.images, self.backend) = (recipe, images, backend)
    }

    package func measure() throws -> ProbeSpeed {
        let sizes = recipe.probe.labels.map { $0 == 0 ? max(1, images - recipe.probe.settings.holdOut) : $0 }
        let largest = min(Self.limit, sizes.max() ?? 1)
        var trial = recipe
        trial.data = DataSettings(source: .synthetic)
        (trial.data.size, trial.data.channels) = (recipe.extents[0], recipe.extents[2])
        (trial.data.train, trial.data.test) = (max(largest, 2 * trial.datasetOptions.classes), 64)
        let data = try ExperimentData(trial)
        let extractor = try ProbeSubject(untrained: trial, data, backend: backend)
            .extractor(layers: recipe.probe.layers)
        var features: Features?
        let rows = Array(0..<data.train.count)
        let time = ComputeTime.of { features = extractor.features(of: data.train, rows) { _ in } }
        var speed = ProbeSpeed(features: 1 / Double(rows.count) * time)
        guard let features else { return speed }
        speed.problems = sizes.map { problem(of: $0, features, data) }
        return speed
    }

    private func problem(of size: Int, _ features: Features, _ data: ExperimentData) -> ProbeSpeed.Problem {
        let count = min(size, features.count)
        let scale = Double(size) / Double(count) * Double(size) / Double(count)
        let x = features.values.rows(0..<count)
        let labels = Array(features.labels.prefix(count))
        var problem: (any LinearProblem)?
        let making = ComputeTime.of {
            problem = recipe.probe.settings.method.problem(
                x, labels: labels, classes: data.train.classes, backend: backend)
        }
        let solving = ComputeTime.of { _ = problem?.solve(cost: 1e-3).errorRate(features) }
        return ProbeSpeed.Problem(making: scale * making, solving: scale * solving)
    }
}
