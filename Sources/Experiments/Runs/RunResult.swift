import Datasets
import EnergyModels
import Foundation
import System

/// `result.json`: what tables are made of; small enough to commit. A number that a run does not have is absent; one that
/// is not finite is null.
public struct RunResult: Codable, Sendable, Equatable {
    /// A phase's end.
    public struct Phase: Codable, Sendable, Equatable {
        public var name: String
        /// Share of wrong test images, 0...1.
        public var testError: Double?
        /// Mean −log p(y|x) on test images, nats.
        public var testNLL: Double?
        /// Share of wrong held-out training images, 0...1.
        public var heldOutError: Double?
        public var flowBitsPerDim: Double?
        /// As ``RunEvaluation/Phase/flowLogDensityMSE``.
        public var flowLogDensityMSE: Double?
        public var energyLogDensityMSE: Double?
        public var steps: Int
        public var seconds: Double

        public init(
            name: String, testError: Double? = nil, testNLL: Double? = nil, heldOutError: Double? = nil,
            flowBitsPerDim: Double? = nil, flowLogDensityMSE: Double? = nil,
            energyLogDensityMSE: Double? = nil, steps: Int, seconds: Double
        ) {
            self.name = name
            self.testError = testError
            self.testNLL = testNLL
            self.heldOutError = heldOutError
            self.flowBitsPerDim = flowBitsPerDim
            self.flowLogDensityMSE = flowLogDensityMSE
            self.energyLogDensityMSE = energyLogDensityMSE
            self.steps = steps
            self.seconds = seconds
        }
    }

    public var format = 1
    public var recipe: String
    public var recipeHash: String
    public var protocolHash: String
    public var method: String
    public var seed: Int
    public var dataName: String
    /// Of the training set.
    public var dataSHA256: String
    /// Of the test set. Absent from old results.
    public var testSHA256: String?
    /// Number of test images.
    public var testCount: Int
    /// True for a run that trained on the test images too, and was tested on nothing; absent from other results.
    public var isFinal: Bool?
    /// Labelled images in all.
    public var labels: Int
    public var splitRule: String
    /// Never the best test epoch.
    public var selection = Self.selectionRule
    static let selectionRule = "last iterate"
    public var base: String
    /// The layers' table, and the factor on its widths where that is not 1.
    public var network: String
    /// Of the flow; equal for all seeds of a cell, or one for each. Absent from old results.
    public var flowSeed: Int?
    /// Names the trained flow that the run began with: runs of one name shared it. Nil for a run that trained none.
    public var flowHash: String?
    /// Share of wrong test images, 0...1.
    public var testError: Double?
    /// Nats.
    public var testNLL: Double?
    /// Training images held out to choose settings by.
    public var heldOutCount: Int?
    /// Share of wrong held-out images, 0...1.
    public var heldOutError: Double?
    /// Expected calibration error, 15 bins, 0...1.
    public var ece: Double?
    /// 0...2. Absent from old results, as is `scaling`.
    public var brier: Double?
    /// Nil where the run held out no training images to fit a temperature on.
    public var scaling: TemperatureScaling?
    public var flowBitsPerDim: Double?
    /// −log p(x) of test images as c normalises it.
    public var energyBitsPerDim: Double?
    /// The same with the estimate of log Z. Absent from old results, as is `logZ`.
    public var normalizedBitsPerDim: Double?
    public var logZ: LogNormalizer?
    /// A variational autoencoder's bound; absent from other results.
    public var boundBitsPerDim: Double?
    /// As ``RunEvaluation/Phase/flowLogDensityMSE``.
    public var flowLogDensityMSE: Double?
    public var energyLogDensityMSE: Double?
    /// Updates by kind of phase.
    public var steps: [String: Int] = [:]
    /// Training time in all.
    public var seconds = 0.0
    public var phaseSeconds: [String: Double] = [:]
    public var machine: String
    public var commit: String
    public var phases: [Phase] = []
    /// What to type to repeat the run.
    public var command: String
    public var paper: ReportRecipe.Paper?
    /// Wrong test images, base64 of bits: see ``bitmap(of:)``.
    public var errors: String?
    /// Wrong held-out images, likewise.
    public var heldOutErrors: String?
    /// Of the features at the end, where the recipe asks for them; absent from old results.
    public var probes: [ProbeResult]?

    /// What is known when a run starts.
    public init(recipe: Recipe, header: RunHeader, split: Split, command: String) {
        self.recipe = recipe.name
        recipeHash = recipe.hash
        protocolHash = recipe.protocolHash
        method = recipe.method.rawValue
        seed = recipe.seed
        dataName = header.data.name
        dataSHA256 = header.data.sha256
        testSHA256 = header.data.testSHA256
        testCount = header.data.test
        isFinal = recipe.data.final ? true : nil
        labels = split.labelled.count
        heldOutCount = split.validation.count
        splitRule = split.rule
        base = recipe.energy.base.rawValue
        network = recipe.energy.networkTitle + recipe.input.title
        flowSeed = recipe.flow.seed
        let hasFlow = recipe.phases.first?.kind == .flowMLE
        flowHash = hasFlow ? recipe.flowHash(data: header.data.sha256) : nil
        machine = header.machine.summary
        commit = header.commit
        self.command = command
        paper = recipe.report.paper
    }

    /// The same result told of the held-out training images in place of the test images: what settings are chosen by.
    /// - Throws: `UserError(.missing)` when the run held none out.
    public func onHeldOut() throws -> RunResult {
        guard let heldOutError, let heldOutCount, let heldOutErrors else {
            throw UserError(
                .missing, "this result says nothing of held-out images", at: "\(recipe), seed \(seed)",
                advice: "repeat the run with data.validation above 0")
        }
        var copy = self
        copy.selection = "last iterate, \(heldOutCount) held-out training images"
        (copy.testError, copy.testCount, copy.errors) = (heldOutError, heldOutCount, heldOutErrors)
        (copy.testNLL, copy.ece, copy.paper) = (nil, nil, nil)
        (copy.brier, copy.scaling, copy.probes) = (nil, nil, nil)
        copy.testSHA256 = nil
        return copy
    }

    /// Whether this is told of held-out images; which these are the flow's seed decides.
    public var isOnHeldOut: Bool { selection != Self.selectionRule }

    /// One bit an image in base64: bit `i % 8` of byte `i / 8`, from the least significant; 1 is wrong.
    public static func bitmap(of wrong: [Bool]) -> String {
        var bytes = [UInt8](repeating: 0, count: (wrong.count + 7) / 8)
        for (index, isWrong) in wrong.enumerated() where isWrong { bytes[index / 8] |= 1 << (index % 8) }
        return Data(bytes).base64EncodedString()
    }

    /// Which of `count` test images are wrong; nil when that was not recorded for as many.
    public func wrongImages(count: Int) -> [Bool]? {
        guard count == testCount, let data = errors.flatMap({ Data(base64Encoded: $0) }),
            count > 0, data.count == (count - 1) / 8 + 1
        else { return nil }
        return (0..<count).map { data[data.startIndex + $0 / 8] >> ($0 % 8) & 1 == 1 }
    }

    private enum CodingKeys: String, CodingKey {
        case format, recipe, recipeHash, protocolHash, method, seed, dataName, dataSHA256, testCount, labels
        case testSHA256, isFinal
        case splitRule, selection, base, network, testError, testNLL, ece, flowBitsPerDim, energyBitsPerDim
        case steps, seconds, phaseSeconds, machine, commit, phases, command, paper, errors
        case heldOutCount, heldOutError, heldOutErrors, flowSeed, flowHash
        case brier, scaling, normalizedBitsPerDim, logZ, boundBitsPerDim
        case flowLogDensityMSE, energyLogDensityMSE, probes
    }

    /// Of the flow when its maximum likelihood ended: Glow-MLE beside `flowBitsPerDim`, which is Glow-FCE after a joint
    /// phase. Nil for a run without both.
    public var pretrainedBitsPerDim: Double? {
        guard phases.contains(where: { $0.name == PhaseRecipe.Kind.joint.rawValue }) else { return nil }
        return phases.last { $0.name == PhaseRecipe.Kind.flowMLE.rawValue }?.flowBitsPerDim
    }
}
