import Foundation
import Runs
import System
import Testing

@testable import Reports

/// A run of one recipe with its three seeds.
private func run(split: Int, seed: Int, flow: Int, error: Double) -> RunResult {
    var one = result("t/fce-init-split-\(split)-flow-\(flow)", seed: seed, error: error)
    (one.splitSeed, one.flowSeed, one.protocolHash) = (split, flow, "p")
    return one
}

@Suite struct VarianceComponentTests {
    /// By hand: rows 1 2 and 3 6. The mean squares are 9 of the rows, 4 of the columns and 1 of the rest, each with one
    /// degree of freedom; rows get (9 − 1)/2, columns (4 − 1)/2.
    @Test func twoFactorsAreSolvedAsByHand() {
        let parts = VarianceComponents(factors: [("a", 2), ("b", 2)], values: [1, 2, 3, 6]).components
        #expect(parts.map(\.factors) == [["a"], ["b"], ["a", "b"]])
        #expect(parts.map(\.variance) == [4, 1.5, 1] && parts.map(\.degreesOfFreedom) == [1, 1, 1])
    }

    @Test func threeFactorsHaveTheirDegreesOfFreedom() {
        let values = (0..<18).map { Double($0 * $0 % 7) }
        let parts = VarianceComponents(factors: [("a", 3), ("b", 3), ("c", 2)], values: values)
        #expect(parts.components.map(\.degreesOfFreedom) == [2, 2, 1, 4, 2, 2, 4])
        #expect(parts.components.last?.factors == ["a", "b", "c"])
    }

    /// The estimates have no bias: their means over many simulated tables are what the tables were drawn with.
    @Test func estimatesAreRightInTheMean() {
        var random = SplitMix(state: 7)
        let repetitions = 3000
        var sums = [Double](repeating: 0, count: 7)
        for _ in 0..<repetitions {
            let (a, b) = ((0..<3).map { _ in 2 * random.normal() }, (0..<3).map { _ in random.normal() })
            let (c, ab) = ((0..<2).map { _ in 0.5 * random.normal() }, (0..<9).map { _ in random.normal() })
            let values = (0..<18).map { cell in
                let (i, j, k) = (cell / 6, cell / 2 % 3, cell % 2)
                return a[i] + b[j] + c[k] + ab[3 * i + j] + 0.5 * random.normal()
            }
            let parts = VarianceComponents(
                factors: [("a", 3), ("b", 3), ("c", 2)], values: values
            ).components
            for (index, part) in parts.enumerated() { sums[index] += part.variance / Double(repetitions) }
        }
        // a: variance 4, of which an estimate has a standard deviation of about 5, over √3000; the others are smaller.
        let truth = [4, 1, 0.25, 1, 0, 0, 0.25]
        #expect(zip(sums, truth).allSatisfy { abs($0 - $1) < 0.3 }, "\(sums)")
        #expect(abs(sums[6] - 0.25) < 0.02 && abs(sums[2] - 0.25) < 0.05, "\(sums)")
    }

    @Test func runsOfOneRecipeAreTakenApart() throws {
        let errors = [1: [1: 0.01, 2: 0.02], 2: [1: 0.03, 2: 0.06]]
        let runs = errors.flatMap { split, inner in
            inner.map { run(split: split, seed: $0.key, flow: 1, error: $0.value) }
        }
        let variance = try SeedVariance(runs)
        #expect(variance.factors.map(\.name) == ["split", "initialisation"] && variance.runs == 4)
        #expect(zip(variance.components.map(\.variance), [4, 1.5, 1]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(variance.markdown.contains("| split | 1 | 4.000 | 2.00 | 62 |"))
        #expect(
            variance.markdown.contains("| split × initialisation, and the rest | 1 | 1.000 | 1.00 | 15 |"))
    }

    @Test func whatIsNotCrossedIsRefused() throws {
        let runs = [1, 2].flatMap { split in
            [1, 2].map { run(split: split, seed: $0, flow: 1, error: 0.1) }
        }
        #expect(throws: UserError.self) { try SeedVariance(Array(runs.dropLast())) }
        #expect(throws: UserError.self) { try SeedVariance(runs + [runs[0]]) }
        #expect(throws: UserError.self) { try SeedVariance(Array(runs.prefix(2))) }
        var other = runs
        other[3].protocolHash = "q"
        #expect(throws: UserError.self) { try SeedVariance(other) }
        // Where the split follows the seed the two cannot be told apart.
        let confounded = [1, 2].map { result("a", seed: $0, error: 0.1) }
        #expect(throws: UserError.self) { try SeedVariance(confounded) }
    }
}
