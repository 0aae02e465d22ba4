import Datasets
import EnergyModels
import Flows
import Methods
import Networks
import Scores
import System
import Tensors
import Training

/// Scores models on test data: classes at bin centres, densities of dequantised images, everything with dropout off.
public struct Evaluator {
    package let recipe: Recipe
    package let data: ExperimentData
    package let state: TrainingState
    /// Most test examples whose densities are computed; classification takes all.
    package static let densityLimit = 2000
    /// Most examples of a set that a histogram is made of.
    package static let histogramLimit = 500

    public init(_ recipe: Recipe, _ data: ExperimentData, _ state: TrainingState) {
        self.recipe = recipe
        self.data = data
        self.state = state
    }

    private var backend: any Backend { state.backend }

    /// p(y|x) of all of `set`; nil without an energy of several classes, and for a set without examples.
    public func predictions(of set: any ExampleSet) throws -> Predictions? {
        try predictions(of: set, Array(0..<set.count))
    }

    /// p(y|x) of the training images that are held out to choose settings by; nil without any.
    public func heldOutPredictions() throws -> Predictions? {
        let held = data.split.validation
        return held.isEmpty ? nil : try predictions(of: data.train, held)
    }

    private func predictions(of set: any ExampleSet, _ indices: [Int]) throws -> Predictions? {
        guard !indices.isEmpty, let probabilities = try probabilities(of: set, indices) else { return nil }
        return try Predictions(
            probabilities: probabilities, labels: indices.map { set.labels[$0] },
            classes: recipe.energy.classes)
    }

    /// p(y|x), row-major [N, K]; nil without an energy of several classes.
    package func probabilities(of set: any ExampleSet, _ indices: [Int]) throws -> [Float]? {
        guard let energy = state.energy, energy.configuration.classes > 1 else { return nil }
        return try passes(over: indices.count).flatMap { rows in
            try state.checkInterruption()
            return state.classProbabilities(images(of: set, rows.map { indices[$0] }, .centre), energy)
        }
    }

    /// Densities of examples of `set`, dequantised with noise fixed by the recipe's flow seed.
    package func densities(of set: any ExampleSet, _ indices: [Int]) throws -> ModelDensities {
        var result = ModelDensities()
        for rows in passes(over: indices.count) {
            let part = try state.densities(images(of: set, rows.map { indices[$0] }, .uniform))
            result.flow += part.flow
            result.difference += part.difference
        }
        return result
    }

    package func images(of set: any ExampleSet, _ indices: [Int], _ dequantize: Dequantization) -> Tensor {
        context(of: state.phase).testImages(of: set, indices, dequantize)
    }

    package func context(of phase: Int) -> TrainingContext {
        TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: phase)
    }

    /// What a test on the way measures: classification errors, or what the phase says in their place; where the true
    /// density is known, how far the models' are from it.
    package func quickTest() throws -> Measures {
        var measures = try logDensityErrors()?.scores.measures ?? [:]
        let context = context(of: state.phase)
        if let own = try context.phase.heldOutMeasures(context) { return measures.merging(own) }
        measures.merge(state.training?.counts ?? [:])
        guard let predictions = try predictions(of: data.test) else { return measures }
        measures[.testError] = predictions.errorRate
        measures[.testNLL] = predictions.negativeLogLikelihood
        measures[.heldOutError] = try heldOutPredictions()?.errorRate
        return measures
    }

    /// The scores of a phase's end.
    public func score(phase: Int) throws -> (phase: PhaseScores, predictions: Predictions?) {
        let settings = recipe.phases[phase].settings
        let predictions = settings.models == .flow ? nil : try predictions(of: data.test)
        var scores = try predictions.map(classification) ?? Scores()
        let scored = Array(0..<min(data.test.count, Self.densityLimit))
        scores[.boundBitsPerDim] = try settings.boundBitsPerDimension(
            context(of: phase), of: data.test, scored)
        if settings.meaning != .classifier { scores = try densityScores().filled(from: scores) }
        let end = PhaseScores(
            name: settings.kind, steps: state.step, seconds: state.seconds[phase], scores: scores)
        return (end, predictions)
    }

    /// The scores of test predictions, with what the held-out images add.
    private func classification(_ predictions: Predictions) throws -> Scores {
        var scores = predictions.scores
        let heldOut = try heldOutPredictions()
        scores[.heldOutError] = heldOut?.errorRate
        scores.scaling = heldOut.map { TemperatureScaling(fitting: $0, scoring: predictions) }
        return scores
    }

    private func densityScores() throws -> Scores {
        let scored = Array(0..<min(data.test.count, Self.densityLimit))
        let densities = try densities(of: data.test, scored)
        guard !densities.flow.isEmpty else { return Scores() }
        var scores = logDensityErrors(densities, of: scored)?.scores ?? Scores()
        scores[.flowBitsPerDim] = bitsPerDim(densities.flow)
        guard !densities.difference.isEmpty else { return scores }
        scores[.energyBitsPerDim] = bitsPerDim(densities.energy)
        guard let logZ = try normalizer() else { return scores }
        scores.logZ = logZ
        scores[.normalizedBitsPerDim] = bitsPerDim(densities.energy.map { $0 - logZ.estimate })
        return scores
    }

    private func bitsPerDim(_ logDensities: [Double]) -> Double? {
        state.bitsPerDimension(mean(logDensities))
    }

    /// log Z from 1,000 samples of the flow; nil without a flow.
    private func normalizer() throws -> LogNormalizer? {
        try state.samples(1000, seed: recipe.seed).flatMap {
            LogNormalizer(logRatios: try densities(ofSamples: $0).difference)
        }
    }

    private func densities(ofSamples samples: Tensor) throws -> ModelDensities {
        try passes(over: samples.shape.first).reduce(into: ModelDensities()) { result, rows in
            let part = try state.densities(samples.rows(rows))
            result.flow += part.flow
            result.difference += part.difference
        }
    }
}

extension Evaluator {
    /// The histograms and the list of hard images of the report.
    public func details(_ phases: [PhaseScores], _ predictions: Predictions?) throws -> RunEvaluation {
        var evaluation = RunEvaluation(phases: phases)
        evaluation.energies = try energies()
        evaluation.hardest = predictions.map(Self.hardest)
        return evaluation
    }

    /// Densities of test data and of the flow's samples; nil without both models.
    package func energies() throws -> RunEvaluation.Energies? {
        let count = min(data.test.count, Self.histogramLimit)
        let data = try densities(of: data.test, Array(0..<count))
        guard !data.difference.isEmpty,
            let samples = try state.samples(Self.histogramLimit, seed: recipe.seed + 1)
        else { return nil }
        let drawn = try densities(ofSamples: samples)
        return .init(
            data: data.difference, samples: drawn.difference, dataLogP: data.energy, samplesLogP: drawn.energy
        )
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
