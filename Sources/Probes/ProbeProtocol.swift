import Datasets
import System
import Tensors

/// How features are probed: Radford et al. 2016, section 5.2, and the code published with it.
public struct ProbeSettings: Sendable, Equatable {
    /// The protocol's values of C.
    public static let costs = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
    /// Draws of the labelled set by which C is chosen.
    public static let choosingDraws = 10

    public var method = LinearMethod.svm
    /// The values of C to choose among, rising.
    public var costs = Self.costs
    /// Draws of the labelled set that are trained with the chosen C and tested.
    public var draws = 100
    /// Training images kept apart to choose C by.
    public var holdOut = 1500
    /// Seed of the draws.
    public var seed: UInt64 = 1
    /// Seed that chooses the images held out. With a run's own seed, the run's held-out images are among them.
    public var holdOutSeed: UInt64 = 1

    public init() {}

    /// How many problems a probe with `labels` labelled examples makes, one a draw, and how often it solves one. Of all
    /// examples there is but one draw of each kind.
    public func work(labels: Int) -> (problems: Int, solutions: Int) {
        let (choosing, testing) = labels == 0 ? (1, 1) : (Self.choosingDraws, draws)
        return (choosing + testing, choosing * costs.count + testing)
    }
}

/// What a probe of one number of labels found.
public struct ProbeScore: Sendable, Equatable {
    /// Labelled examples of a draw.
    public let labels: Int
    /// The chosen C.
    public let cost: Double
    /// Mean share of wrong held-out examples with it, 0...1.
    public let heldOutError: Double
    /// Share of wrong test examples of each draw, 0...1.
    public let errors: [Double]
}

/// Linear classifiers on the features of few labelled examples. C is chosen by the mean error of ten class-balanced draws
/// of the labelled set on held-out training examples; then as many draws as asked for are trained and tested.
///
/// Every draw is a function of seed, number of labels and its own number. Held-out examples are in no draw.
public struct LinearProbe {
    private let train: Features
    private let test: Features
    private let set: any ExampleSet
    /// The row of `train` of each example of `set`; −1 for none.
    private let rowOfExample: [Int]
    private let settings: ProbeSettings
    private let backend: any Backend

    /// - Parameters:
    ///   - train: features of the labelled examples of `set`, in its order.
    ///   - test: features of the test images.
    ///   - set: the training examples.
    ///   - settings: classifier, numbers of labels and draws.
    ///   - backend: where the features lie.
    /// - Throws: `UserError(.recipe)` without labelled training examples, and for unlabelled test examples.
    public init(
        train: Features, test: Features, of set: any ExampleSet, _ settings: ProbeSettings,
        backend: any Backend
    ) throws {
        let labelled = set.labels.indices.filter { set.labels[$0] >= 0 }
        precondition(train.count == labelled.count && train.width == test.width)
        guard test.labels.allSatisfy({ 0..<set.classes ~= $0 }), !labelled.isEmpty else {
            throw UserError(
                .recipe, "a probe needs classes of training and test images, which \(set.name) lacks",
                advice: "choose labelled data")
        }
        (self.train, self.test, self.set) = (train, test, set)
        (self.settings, self.backend) = (settings, backend)
        var rows = [Int](repeating: -1, count: set.count)
        for (row, example) in labelled.enumerated() { rows[example] = row }
        rowOfExample = rows
    }

    /// How often ``score(labels:progress:)`` solves a problem.
    public static func solutionCount(labels: Int, _ settings: ProbeSettings) -> Int {
        settings.work(labels: labels).solutions
    }

    /// Probes with `labels` labelled examples; 0: with all that are not held out.
    ///
    /// - Parameters:
    ///   - labels: how many labels to draw; 0 for all.
    ///   - progress: called after each solved problem; what it throws ends the probe.
    ///   - poll: called within each solution at least every second; what it throws ends the probe.
    /// - Throws: `UserError(.recipe)` where there are not as many examples.
    public func score(
        labels: Int, progress: () throws -> Void = {}, poll: () throws -> Void = {}
    ) throws -> ProbeScore {
        let isAll = labels == 0
        let choosing = try (0..<(isAll ? 1 : ProbeSettings.choosingDraws)).map { number in
            try heldOutErrors(try split(labels, .choosing, number), poll, progress)
        }
        let means = settings.costs.indices.map { index in
            choosing.reduce(0) { $0 + $1[index] } / Double(choosing.count)
        }
        let best = means.indices.reduce(0) { means[$1] < means[$0] ? $1 : $0 }
        var (errors, count) = ([Double](), 0)
        for number in 0..<(isAll ? 1 : settings.draws) {
            let split = try split(labels, .testing, number)
            count = split.labelled.count
            errors.append(try problem(split).solve(cost: settings.costs[best], poll: poll).errorRate(test))
            try progress()
        }
        return ProbeScore(
            labels: count, cost: settings.costs[best], heldOutError: means[best], errors: errors)
    }

    /// The error on held-out examples for each C.
    private func heldOutErrors(
        _ split: Split, _ poll: () throws -> Void, _ progress: () throws -> Void
    ) throws -> [Double] {
        guard !split.validation.isEmpty else {
            throw UserError(.recipe, "no images are held out to choose C by", advice: "raise the hold-out")
        }
        let held = rows(split.validation)
        let problem = problem(split)
        return try settings.costs.map { cost in
            let error = try problem.solve(cost: cost, poll: poll).errorRate(held)
            try progress()
            return error
        }
    }

    private func problem(_ split: Split) -> any LinearProblem {
        let labelled = rows(split.labelled)
        return settings.method.problem(
            labelled.values, labels: labelled.labels, classes: set.classes, backend: backend)
    }

    private func rows(_ examples: [Int]) -> Features {
        let rows = examples.map { rowOfExample[$0] }
        return Features(values: backend.gatherRows(train.values, rows), labels: rows.map { train.labels[$0] })
    }

    private enum Purpose: UInt64 { case choosing = 1, testing }

    /// Draw `number` of its kind. Splits of recipes have seeds below 2³², and none of these.
    private func split(_ labels: Int, _ purpose: Purpose, _ number: Int) throws -> Split {
        let seed = purpose.rawValue << 60 | (settings.seed & 0xFFFF_FFFF) << 28 | UInt64(number)
        return try Split.classBalanced(
            dataset: set, labels: labels == 0 ? nil : labels, validation: settings.holdOut, seed: seed,
            validationSeed: settings.holdOutSeed)
    }
}
