import Datasets
import EnergyModels
import Flows
import Glibc
import Gradients
import Networks
import Tensors

/// Scores models on test data: classes at bin centres, densities of dequantised images, everything with dropout off.
public struct Evaluator {
    let recipe: Recipe
    let data: ExperimentData
    let state: TrainingState
    /// Most test examples whose densities are computed; classification takes all.
    private static let densityLimit = 2000

    public init(_ recipe: Recipe, _ data: ExperimentData, _ state: TrainingState) {
        self.recipe = recipe
        self.data = data
        self.state = state
    }

    private var backend: any Backend { state.backend }

    /// p(y|x) of all of `set`; nil without an energy of several classes.
    public func predictions(of set: any ExampleSet) throws -> Predictions? {
        try predictions(of: set, Array(0..<set.count))
    }

    /// p(y|x) of the training images that are held out to choose settings by; nil without any.
    public func heldOutPredictions() throws -> Predictions? {
        let held = data.split.validation
        return held.isEmpty ? nil : try predictions(of: data.train, held)
    }

    private func predictions(of set: any ExampleSet, _ indices: [Int]) throws -> Predictions? {
        guard let energy = state.energy, energy.configuration.classes > 1 else { return nil }
        var probabilities: [Float] = []
        for rows in passes(over: indices.count) {
            let images = images(of: set, rows.map { indices[$0] }, .centre)
            probabilities += state.classProbabilities(images, energy)
        }
        return try Predictions(
            probabilities: probabilities, labels: indices.map { set.labels[$0] },
            classes: energy.configuration.classes)
    }

    /// Densities of examples of `set`, dequantised with noise fixed by the recipe's flow seed.
    func densities(of set: any ExampleSet, _ indices: [Int]) -> ModelDensities {
        var result = ModelDensities()
        for rows in passes(over: indices.count) {
            let part = state.densities(images(of: set, rows.map { indices[$0] }, .uniform))
            result.flow += part.flow
            result.difference += part.difference
        }
        return result
    }

    func images(of set: any ExampleSet, _ indices: [Int], _ dequantize: Dequantization) -> Tensor {
        let key = RandomKey(
            seed: UInt64(recipe.flow.seed), purpose: .evaluation, step: indices.first ?? 0, lane: 2)
        return backend.tensor(
            set.values(at: indices, dequantize: dequantize, key: key), Shape([indices.count] + set.extents),
            backend.real)
    }

    /// The scores of a phase's end.
    public func score(phase: Int) throws -> (phase: RunEvaluation.Phase, predictions: Predictions?) {
        var score = RunEvaluation.Phase(
            name: recipe.phases[phase].kind.rawValue, steps: state.step, seconds: state.seconds[phase])
        let kind = recipe.phases[phase].kind
        let predictions = kind == .flowMLE ? nil : try predictions(of: data.test)
        if let predictions {
            score.testError = predictions.errorRate
            score.testNLL = predictions.negativeLogLikelihood
            score.ece = predictions.calibration().expectedError
            score.confusion = predictions.confusion.counts
            score.heldOutError = try heldOutPredictions()?.errorRate
        }
        if kind != .supervised { addDensities(&score) }
        return (score, predictions)
    }

    private func addDensities(_ score: inout RunEvaluation.Phase) {
        let limit = min(data.test.count, Self.densityLimit)
        let densities = densities(of: data.test, Array(0..<limit))
        guard !densities.flow.isEmpty else { return }
        score.flowBitsPerDim = bitsPerDim(densities.flow)
        guard !densities.difference.isEmpty else { return }
        score.energyBitsPerDim = bitsPerDim(densities.energy)
        score.logZ = normalizer()
    }

    private func bitsPerDim(_ logDensities: [Double]) -> Double? {
        state.flow?.bitsPerDimension(mean(logDensities))
    }

    /// log Z of exp(log p) by importance sampling with q: log mean exp(d) over samples, with the effective sample size
    /// (Σw)²/Σw².
    private func normalizer() -> RunEvaluation.Normalizer? {
        let count = 1000
        guard let samples = state.samples(count, seed: recipe.seed) else { return nil }
        let d = sampleDifferences(samples)
        guard let largest = d.max(), largest.isFinite else { return nil }
        let weights = d.map { Glibc.exp($0 - largest) }
        let (sum, squares) = (weights.reduce(0, +), weights.reduce(0) { $0 + $1 * $1 })
        return RunEvaluation.Normalizer(
            estimate: largest + Glibc.log(sum / Double(count)), effectiveSampleSize: sum * sum / squares,
            samples: count)
    }

    private func sampleDifferences(_ samples: Tensor) -> [Double] {
        passes(over: samples.shape.first).flatMap { state.densities(samples.rows($0)).difference }
    }
}

extension Evaluator {
    /// The histograms and the list of hard images of the report.
    public func details(_ phases: [RunEvaluation.Phase], _ predictions: Predictions?) -> RunEvaluation {
        var evaluation = RunEvaluation(phases: phases)
        let data = densities(of: data.test, Array(0..<min(self.data.test.count, 500))).difference
        if !data.isEmpty, let samples = state.samples(500, seed: recipe.seed + 1) {
            evaluation.energies = .init(data: data, samples: sampleDifferences(samples))
        }
        evaluation.hardest = predictions.map(Self.hardest)
        return evaluation
    }

    /// The wrong predictions with the largest probability.
    private static func hardest(_ predictions: Predictions) -> [RunEvaluation.HardImage] {
        let predicted = predictions.predicted
        let wrong = predicted.indices.filter { predicted[$0] != predictions.labels[$0] }
        return wrong.map { index in
            RunEvaluation.HardImage(
                index: index, label: predictions.labels[index], predicted: predicted[index],
                probability: Double(predictions.probabilities[index * predictions.classes + predicted[index]])
            )
        }.sorted { ($0.probability, $1.index) > ($1.probability, $0.index) }.prefix(24).map { $0 }
    }
}
