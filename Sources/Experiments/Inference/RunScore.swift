import Datasets

/// Everything `fce eval` says of a phase's weights.
public struct RunScore: Encodable, Sendable {
    public let recipe: String
    public let seed: Int
    /// The phase's number from 1.
    public let phaseNumber: Int
    /// Test examples; densities are of the first 2,000 of them.
    public let testCount: Int
    public let phase: RunEvaluation.Phase
    /// Brier score in 0...2; nil without a classifier.
    public let brier: Double?

    private enum CodingKeys: String, CodingKey { case recipe, seed, phaseNumber, testCount, brier }

    /// One flat object: these keys and the phase's.
    public func encode(to encoder: any Encoder) throws {
        try phase.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recipe, forKey: .recipe)
        try container.encode(seed, forKey: .seed)
        try container.encode(phaseNumber, forKey: .phaseNumber)
        try container.encode(testCount, forKey: .testCount)
        try container.encodeIfPresent(brier, forKey: .brier)
    }
}

extension LoadedRun {
    /// Scores the weights on test data.
    /// - Throws: `UserError(.data)` when test labels and model do not fit.
    public func score(on data: ExperimentData) throws -> RunScore {
        let (score, predictions) = try Evaluator(recipe, data, state).score(phase: phase)
        return RunScore(
            recipe: recipe.name, seed: recipe.seed, phaseNumber: phase + 1, testCount: data.test.count,
            phase: score, brier: predictions?.brierScore)
    }
}

extension RunEvaluation.Normalizer {
    /// Whether so few samples carry the weight that the estimate means little: less than a tenth.
    public var isUnreliable: Bool { effectiveSampleSize < 0.1 * Double(samples) }
}
