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
    /// Its 95 % interval by a paired bootstrap over test images.
    public let interval: Interval
    public let excludesZero: Bool

    /// - Throws: `UserError` when a side is not one recipe, when the sides differ in data, split or selection
    ///   rule, or when a run did not record which test images it misses.
    public init(_ results: [RunResult], against others: [RunResult]) throws {
        let (own, other) = (try Self.row(results), try Self.row(others))
        for result in results + others { try Self.expectSameImages(own.sample, result) }
        let bootstrap = try own.compared(to: other, testCount: own.sample.testCount)
        recipe = own.sample.recipe
        against = other.sample.recipe
        seeds = own.results.map(\.seed)
        seedsAgainst = other.results.map(\.seed)
        testCount = own.sample.testCount
        error = 100 * (own.error?.mean ?? .nan)
        errorAgainst = 100 * (other.error?.mean ?? .nan)
        difference = 100 * bootstrap.difference
        interval = Interval(lower: 100 * bootstrap.interval.lower, upper: 100 * bootstrap.interval.upper)
        excludesZero = interval.excludesZero
    }

    /// Refuses what a table would refuse, and other held-out images: the message says what differs.
    private static func expectSameImages(_ first: RunResult, _ other: RunResult) throws {
        try ResultsTable.expectComparable(first, other)
        guard first.isOnHeldOut, first.flowSeed != other.flowSeed else { return }
        throw UserError(
            .data, "the held-out images differ: the flow's seed, which chooses them, is not the same",
            advice: "compare runs of one flow.seed")
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

    /// The comparison in three lines for people.
    public var text: String {
        func line(_ name: String, _ error: Double, _ seeds: [Int]) -> String {
            let list = seeds.map(String.init).joined(separator: ", ")
            return "\(fixed(error, 2)) %  \(name) (seed\(seeds.count == 1 ? "" : "s") \(list))"
        }
        // Runs of one recipe with other --set have its name all the same.
        let names = recipe == against ? ("the first", "the second") : (recipe, against)
        let verdict =
            !excludesZero
            ? "does not exclude 0: these images do not tell them apart"
            : "excludes 0: \(difference < 0 ? names.0 : names.1) errs less"
        return [
            line(recipe, error, seeds), line(against, errorAgainst, seedsAgainst),
            "difference \(signed(difference, 2)) points, 95 % interval [\(signed(interval.lower, 2)), "
                + "\(signed(interval.upper, 2))] (paired bootstrap over \(testCount) images), \(verdict)",
        ].joined(separator: "\n")
    }
}
