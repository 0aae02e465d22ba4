import Runs
import System

/// Two recipes compared on the same test images.
public struct RunComparison: Encodable, Sendable {
    public let recipe: String
    public let against: String
    public let seeds: [Int]
    public let seedsAgainst: [Int]
    public let testCount: Int
    /// Test errors in percent, means over seeds.
    public let error: Double
    public let errorAgainst: Double
    /// `error` − `errorAgainst` in points of percent.
    public let difference: Double
    /// The difference of each of ``seeds``, where the other recipe has the same seeds with the same labelled images.
    public let differences: [Double]?
    /// Its 95 % interval over seeds and test images, see ``SeedsAndImages``; nil for a single seed.
    public let interval: Interval?
    /// Its 95 % interval by a paired bootstrap over test images, the trainings taken as given.
    public let imagesInterval: Interval
    /// What the seeds tell.
    public let verdict: Verdict

    /// What a comparison may say.
    public enum Verdict: String, Encodable, Sendable {
        case tooFewSeeds = "too few seeds"
        case undecided
        case first = "the first errs less"
        case second = "the second errs less"
    }

    /// With fewer seeds a comparison tells nothing.
    public static let leastSeeds = 5

    /// - Throws: `UserError` when a side is not one recipe, when the sides differ in data, split or selection
    ///   rule, or when a run did not record which test images it misses.
    public init(_ results: [RunResult], against others: [RunResult]) throws {
        let (own, other) = (try Self.row(results), try Self.row(others))
        for result in results + others { try ResultsTable.expectComparable(own.sample, result) }
        try self.init(own, against: other)
    }

    /// - Parameters:
    ///   - own: a row of a table.
    ///   - other: another row of the same data.
    /// - Throws: `UserError` when the held-out images differ, or a run did not record which images it misses.
    init(_ own: ResultsTable.Row, against other: ResultsTable.Row) throws {
        try Self.expectSameHeldOut(own, other)
        testCount = own.sample.testCount
        let (wrong, wrongAgainst) = (try own.wrong(testCount), try other.wrong(testCount))
        let images = try PairedBootstrap(wrong, wrongAgainst)
        let both =
            own.results.map(\.draws) == other.results.map(\.draws)
            ? SeedsAndImages(paired: wrong, wrongAgainst) : SeedsAndImages(unpaired: wrong, wrongAgainst)
        recipe = own.sample.recipe
        against = other.sample.recipe
        seeds = own.results.map(\.seed)
        seedsAgainst = other.results.map(\.seed)
        error = 100 * (own.error?.mean ?? .nan)
        errorAgainst = 100 * (other.error?.mean ?? .nan)
        difference = 100 * both.difference
        differences = both.differences?.map { 100 * $0 }
        interval = both.interval?.inPoints
        imagesInterval = images.interval.inPoints
        verdict = Self.verdict(interval, seeds: min(seeds.count, seedsAgainst.count))
    }

    static func verdict(_ interval: Interval?, seeds: Int) -> Verdict {
        guard let interval, seeds >= leastSeeds else { return .tooFewSeeds }
        if !interval.excludesZero { return .undecided }
        return interval.upper < 0 ? .first : .second
    }

    /// Held-out images are drawn by a seed of their own, which the sides must share.
    private static func expectSameHeldOut(_ own: ResultsTable.Row, _ other: ResultsTable.Row) throws {
        guard own.sample.isOnHeldOut,
            Set(own.results.map(\.heldOutSeed)) != Set(other.results.map(\.heldOutSeed))
        else { return }
        throw UserError(
            .data, "the held-out images differ: the seed that chooses them is not the same",
            advice: "compare runs of one data.split-seed, or of one flow.seed where that is 0")
    }

    private static func row(_ results: [RunResult]) throws -> ResultsTable.Row {
        let table = try ResultsTable(results)
        guard let row = table.rows.first, table.rows.count == 1 else {
            let names = table.rows.map(\.sample.recipe).joined(separator: ", ")
            throw UserError(
                .data, "one side of the comparison holds several recipes (\(names))",
                advice: "name the runs of one recipe before --against and of one after it")
        }
        return row
    }
}

extension RunResult {
    /// The seeds that decide which images a run had: what two runs share that are paired.
    fileprivate var draws: [Int?] { [facts.seed, labelSeed, isOnHeldOut ? heldOutSeed : nil] }
}

extension Interval {
    /// The interval of a difference of shares in points of percent.
    fileprivate var inPoints: Interval { Interval(lower: 100 * lower, upper: 100 * upper) }

    /// `[−2.67, −1.18]`.
    var text: String { "[\(signed(lower, 2)), \(signed(upper, 2))]" }
}

extension RunComparison {
    /// The comparison in four lines for people.
    public var text: String {
        func line(_ name: String, _ error: Double, _ seeds: [Int]) -> String {
            let list = seeds.map(String.init).joined(separator: ", ")
            return "\(fixed(error, 2)) %  \(name) (seed\(seeds.count == 1 ? "" : "s") \(list))"
        }
        return [
            line(recipe, error, seeds), line(against, errorAgainst, seedsAgainst),
            "difference \(signed(difference, 2)) points; each seed: \(seedText)",
            "95 % interval over seeds and images: \(intervalText); \(verdictText)",
            "95 % interval over images alone, for these trainings: \(imagesInterval.text) (\(testCount) images)",
        ].joined(separator: "\n")
    }

    var seedText: String {
        differences.map { $0.map { signed($0, 2) }.joined(separator: ", ") } ?? "not paired"
    }

    var intervalText: String { interval?.text ?? "none" }

    private var verdictText: String {
        // Runs of one recipe with other --set have its name all the same.
        let names = recipe == against ? ("the first", "the second") : (recipe, against)
        return switch verdict {
        case .tooFewSeeds: Self.tooFewSeeds
        case .undecided: "it contains 0, so the recipes cannot be told apart"
        case .first: "it excludes 0: \(names.0) errs less"
        case .second: "it excludes 0: \(names.1) errs less"
        }
    }

    static let tooFewSeeds = "fewer than \(leastSeeds) seeds cannot tell which recipe errs less"
}

extension RunComparison {
    private enum CodingKeys: CodingKey {
        case recipe, against, seeds, seedsAgainst, testCount, error, errorAgainst, difference, differences
        case interval, imagesInterval, verdict
    }

    /// All keys are always there, with null for what few or unpaired seeds do not have.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recipe, forKey: .recipe)
        try container.encode(against, forKey: .against)
        try container.encode(seeds, forKey: .seeds)
        try container.encode(seedsAgainst, forKey: .seedsAgainst)
        try container.encode(testCount, forKey: .testCount)
        try container.encode(error, forKey: .error)
        try container.encode(errorAgainst, forKey: .errorAgainst)
        try container.encode(difference, forKey: .difference)
        try container.encode(differences, forKey: .differences)
        try container.encode(interval, forKey: .interval)
        try container.encode(imagesInterval, forKey: .imagesInterval)
        try container.encode(verdict, forKey: .verdict)
    }
}
