import Runs
import Scores
import System

/// How much of the spread of a recipe's test error comes from its split, its initialisation and batches, and its flow.
public struct SeedVariance: Encodable, Sendable {
    public let recipe: String
    public let runs: Int
    /// Test error in percent, the mean over runs.
    public let error: Double
    /// The levels of each factor.
    public let factors: [Factor]
    /// The variances in squared points of percent.
    public let components: [VarianceComponents.Component]
    private let total: Double

    /// What is drawn by a seed of its own, and the seeds that it had.
    public struct Factor: Encodable, Sendable {
        public let name: String
        public let seeds: [Int]
    }

    /// - Throws: `UserError(.data)` when the runs are not those of one recipe but for its seeds, when a combination of
    ///   seeds is missing or there twice, or when fewer than two things have seeds that differ.
    public init(_ results: [RunResult]) throws {
        guard let first = results.first else {
            throw UserError(.missing, "no results", advice: "name result.json files or run folders")
        }
        for result in results {
            try ResultsTable.expectComparable(first, result)
            guard result.protocolHash == first.protocolHash else {
                throw UserError(
                    .data, "\(first.recipe) and \(result.recipe) differ in more than their seeds",
                    advice: "name the runs of one recipe")
            }
        }
        let all = [
            Factor("split", results.map(\.labelSeed)), Factor("initialisation", results.map(\.seed)),
            Factor("flow", results.map { $0.flowSeed ?? 1 }),
        ]
        let factors = all.filter { $0.seeds.count > 1 }
        var errors: [[Int]: Double] = [:]
        for result in results {
            let seeds = [result.labelSeed, result.seed, result.flowSeed ?? 1]
            guard let error = result.scores[.testError],
                errors.updateValue(100 * error, forKey: seeds) == nil
            else { throw Self.notCrossed("a run has no test error, or its seeds are there twice") }
        }
        let cells = all.reduce([[]]) { cells, factor in
            cells.flatMap { cell in factor.seeds.map { cell + [$0] } }
        }
        let values = cells.compactMap { errors[$0] }
        guard values.count == cells.count, factors.count > 1 else {
            throw Self.notCrossed("\(errors.count) of \(cells.count) combinations of seeds are there")
        }
        let parts = VarianceComponents(
            factors: factors.map { ($0.name, $0.seeds.count) }, values: values)
        (self.factors, components, total) = (factors, parts.components, parts.total)
        (recipe, runs, error) = (first.recipe, results.count, mean(values))
    }

    private static func notCrossed(_ what: String) -> UserError {
        UserError(
            .data, "the seeds are not fully crossed: \(what)",
            advice:
                "train every combination of data.split-seed, seed and flow.seed: a table with split-seeds and flow-seeds "
                + "does")
    }

    /// The components as a Markdown table under a sentence.
    public var markdown: String {
        let levels = factors.map { "\($0.name) \($0.seeds.map(String.init).joined(separator: ", "))" }
        let head = [
            "\(recipe), \(runs) runs, mean test error \(fixed(error, 2)) %. Seeds: \(levels.joined(separator: "; ")).",
            "",
            "| source | degrees of freedom | variance, points² | sd, points | share, % |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        let rows = components.enumerated().map { index, one in
            let isRest = index == components.count - 1
            let name = one.factors.joined(separator: " × ") + (isRest ? ", and the rest" : "")
            let part = max(0, one.variance)
            return
                "| \(name) | \(one.degreesOfFreedom) | \(fixed(one.variance, 3)) | \(fixed(part.squareRoot(), 2)) "
                + "| \(total > 0 ? fixed(100 * part / total, 0) : "–") |"
        }
        let note =
            "Components by analysis of variance, all factors random; a negative estimate counts as 0. Few levels tell no more "
            + "than a component's order of magnitude."
        return (head + rows + ["", note]).joined(separator: "\n") + "\n"
    }

    private enum CodingKeys: CodingKey { case recipe, runs, error, factors, components }
}

extension SeedVariance.Factor {
    fileprivate init(_ name: String, _ seeds: [Int]) {
        self.init(name: name, seeds: Set(seeds).sorted())
    }
}
