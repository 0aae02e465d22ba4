import Datasets
import EnergyModels
import Evaluation
import Scores
import System
import Training

/// Everything `fce eval` says of a phase's weights.
public struct RunScore: Encodable, Sendable {
    public let recipe: String
    public let seed: Int
    /// The phase's number from 1.
    public let phaseNumber: Int
    /// Test examples; densities are of the first 2,000 of them.
    public let testCount: Int
    public private(set) var phase: PhaseScores
    /// Number of held-out training images; without any there is no temperature.
    public let heldOutCount: Int
    /// Images that are not the run's, in the order they were named.
    public let otherSets: [RunEvaluation.OtherSet]
    /// How far samples are from images, where that was asked for.
    public private(set) var sampleQuality: [SampleQuality] = []
    /// How the flow's two passes agree; nil without a flow.
    public let flowAgreement: FlowAgreement?

    /// Names of the classes by their index, `[K]`; nil without a classifier.
    public let classNames: [String]?

    /// Share of wrong test images by true class, 0...1, NaN for a class without any; nil without a classifier.
    public var classErrors: [Double]? { ConfusionMatrix(square: phase.scores.confusion)?.classErrors }

    private enum CodingKeys: String, CodingKey {
        case recipe, seed, phaseNumber, testCount, heldOutCount, otherSets, classErrors, flowAgreement
        case classNames, name, steps, seconds, sampleQuality
    }

    /// One flat object: these keys and the phase's. All keys are always there, with null for what the run does not have.
    public func encode(to encoder: any Encoder) throws {
        try phase.scores.encodeAll(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recipe, forKey: .recipe)
        try container.encode(seed, forKey: .seed)
        try container.encode(phaseNumber, forKey: .phaseNumber)
        try container.encode(testCount, forKey: .testCount)
        try container.encode(heldOutCount, forKey: .heldOutCount)
        try container.encode(otherSets, forKey: .otherSets)
        try container.encode(sampleQuality, forKey: .sampleQuality)
        try container.encode(classNames, forKey: .classNames)
        try container.encode(classErrors, forKey: .classErrors)
        try container.encode(flowAgreement, forKey: .flowAgreement)
        try container.encode(phase.name, forKey: .name)
        try container.encode(phase.steps, forKey: .steps)
        try container.encode(phase.seconds, forKey: .seconds)
    }
}

extension RunScore {
    /// Adds how far samples are from images.
    public mutating func add(_ qualities: [SampleQuality]) {
        sampleQuality += qualities
        for (metric, value) in qualities.flatMap(\.scores) { phase.scores[metric] = value }
    }
}

extension LoadedRun {
    /// Scores the weights on test data, and how they separate those from `others`.
    /// - Throws: `UserError(.data)` when test labels and model do not fit, `.recipe` for a final run and for other images
    ///   beside points of the plane; as the readers do.
    public func score(on data: ExperimentData, against others: [OtherImages] = []) throws -> RunScore {
        guard !recipe.data.final else {
            throw UserError(
                .recipe, "a final run has trained on its test images: nothing is left to score it on",
                at: files.path,
                advice: "train without --final for a test error; `fce predict` takes other images")
        }
        if !others.isEmpty { try requireImages() }
        let evaluator = Evaluator(recipe, data, state)
        let sets = try evaluator.otherSets(others)
        return RunScore(
            recipe: recipe.name, seed: recipe.seed, phaseNumber: phase + 1, testCount: data.test.count,
            phase: try evaluator.score(phase: phase).phase, heldOutCount: data.split.validation.count,
            otherSets: sets, flowAgreement: try state.flowAgreement(samples: 1000, seed: recipe.seed),
            classNames: recipe.energy.classes > 1
                ? (0..<recipe.energy.classes).map(header.className) : nil)
    }

    /// Keeps the other images of `score` in `evaluation.json`, for reports, and whatever an evaluation of an older
    /// version lacks. Returns false, with nothing written, unless the weights are the outcome of a finished run.
    /// - Throws: `UserError(.output)` when it cannot be written.
    public func keep(_ score: RunScore, _ data: ExperimentData) throws -> Bool {
        guard var evaluation = try? files.evaluation(), evaluation.phases.count == recipe.phases.count,
            phase == recipe.phases.count - 1
        else { return false }
        evaluation.phases[phase].scores = evaluation.phases[phase].scores.filled(from: score.phase.scores)
        if evaluation.energies?.dataLogP == nil {
            evaluation.energies = try Evaluator(recipe, data, state).energies()
        }
        let names = score.otherSets.map(\.name)
        let kept = (evaluation.otherSets ?? []).filter { !names.contains($0.name) }
        evaluation.otherSets = kept + score.otherSets
        try files.write(evaluation, to: "evaluation.json", isPretty: false)
        return true
    }
}
