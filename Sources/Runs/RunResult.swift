import Datasets
import Evaluation
import Foundation
import Methods
import Scores
import System
import Training

/// `result.json`: what tables are made of; small enough to commit. A number that a run does not have is absent; one that
/// is not finite is null.
@dynamicMemberLookup
public struct RunResult: Sendable, Equatable {
    /// Which run it is, and how it went.
    public var facts: RunFacts
    /// What the last iterate comes to.
    public var scores: Scores

    package static let selectionRule = "last iterate"

    /// What is known when a run starts.
    public init(recipe: Recipe, header: RunHeader, split: Split, command: String) {
        facts = RunFacts(recipe: recipe, header: header, split: split, command: command)
        scores = Scores()
    }

    public subscript<Value>(dynamicMember path: WritableKeyPath<RunFacts, Value>) -> Value {
        get { facts[keyPath: path] }
        set { facts[keyPath: path] = newValue }
    }

    /// The same result told of the held-out training images in place of the test images: what settings are chosen by.
    /// - Throws: `UserError(.missing)` when the run held none out.
    public func onHeldOut() throws -> RunResult {
        guard let error = scores[.heldOutError], let count = facts.heldOutCount,
            let wrong = facts.heldOutErrors
        else {
            throw UserError(
                .missing, "this result says nothing of held-out images",
                at: "\(facts.recipe), seed \(facts.seed)",
                advice: "repeat the run with data.validation above 0")
        }
        var copy = self
        copy.selection = "last iterate, \(count) held-out training images"
        for metric in Metric.classification { copy.scores[metric] = nil }
        (copy.scores[.testError], copy.testCount, copy.errors) = (error, count, wrong)
        (copy.scores.scaling, copy.paper, copy.probes, copy.testSHA256) = (nil, nil, nil, nil)
        return copy
    }

    /// The seed that drew the labelled images.
    public var labelSeed: Int { facts.splitSeed ?? facts.seed }

    /// The seed that drew the held-out images; nil for results of old.
    public var heldOutSeed: Int? { facts.splitSeed ?? facts.flowSeed }

    /// Whether this is told of held-out images; which these are ``heldOutSeed`` decides.
    public var isOnHeldOut: Bool { facts.selection != Self.selectionRule }

    /// One bit an image in base64: bit `i % 8` of byte `i / 8`, from the least significant; 1 is wrong.
    public static func bitmap(of wrong: [Bool]) -> String {
        var bytes = [UInt8](repeating: 0, count: (wrong.count + 7) / 8)
        for (index, isWrong) in wrong.enumerated() where isWrong { bytes[index / 8] |= 1 << (index % 8) }
        return Data(bytes).base64EncodedString()
    }

    /// Which of `count` test images are wrong; nil when that was not recorded for as many.
    public func wrongImages(count: Int) -> [Bool]? {
        guard count == facts.testCount, let data = facts.errors.flatMap({ Data(base64Encoded: $0) }),
            count > 0, data.count == (count - 1) / 8 + 1
        else { return nil }
        return (0..<count).map { data[data.startIndex + $0 / 8] >> ($0 % 8) & 1 == 1 }
    }

    /// The flow's bits/dim when its maximum likelihood ended: Glow-MLE, where the run's own `Metric.flowBitsPerDim` is
    /// Glow-FCE, after a joint phase. Nil for a run without both.
    public var pretrainedBitsPerDim: Double? {
        let ends = facts.phases
        guard ends.contains(where: { $0.name == JointPhase.kind }) else { return nil }
        return ends.last { $0.name == FlowLikelihood.kind }?.scores[.flowBitsPerDim]
    }
}

extension RunResult: Codable {
    public init(from decoder: any Decoder) throws {
        facts = try RunFacts(from: decoder)
        scores = try Scores(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try facts.encode(to: encoder)
        try scores.encode(to: encoder)
    }
}

extension RunResult {
    /// The scores that `result.json` keeps of every phase.
    package static let phaseMetrics: [Metric] =
        [.testError, .testNLL, .heldOutError, .flowBitsPerDim] + Metric.knownDensity

    /// Adds what the phases came to: the last one's numbers are the run's.
    ///
    /// - Parameters:
    ///   - predictions: of the test images; nil for runs that classify nothing.
    ///   - heldOut: of the held-out training images; nil without any.
    package mutating func add(_ ends: [PhaseScores], _ predictions: Predictions?, heldOut: Predictions?) {
        facts.phases = ends.map { end in
            var end = end
            end.scores = end.scores.only(Self.phaseMetrics)
            return end
        }
        for end in ends {
            facts.steps[end.name, default: 0] += end.steps
            facts.phaseSeconds[end.name, default: 0] += end.seconds
        }
        facts.errors = predictions.map { Self.bitmap(of: $0.wrong) }
        facts.heldOutErrors = heldOut.map { Self.bitmap(of: $0.wrong) }
        scores = ends.last?.scores ?? Scores()
        scores.confusion = nil
        scores[.heldOutError] = heldOut?.errorRate
    }
}
