import Foundation
import Runs
import System
import Testing

@testable import Reports

private func bools(_ rows: [String]) -> [[Bool]] { rows.map { $0.map { $0 == "1" } } }

private func isClose(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) <= 1e-9 } ?? false }

/// The results of seeds that miss the images marked 1 in `wrong`.
private func results(_ name: String, _ wrong: [String], firstSeed: Int = 1) -> [RunResult] {
    bools(wrong).enumerated().map { index, misses in
        var one = result(
            name, seed: firstSeed + index, error: Double(misses.count { $0 }) / Double(misses.count))
        (one.testCount, one.errors) = (misses.count, RunResult.bitmap(of: misses))
        return one
    }
}

@Suite struct SeedsAndImagesTests {
    private static let a = bools(["1100", "1110"])
    private static let b = bools(["0100", "0010"])

    /// By hand: a − b is 1 0 0 0 and 1 1 0 0. The seeds' means 1/4 and 1/2 have the variance 1/32, the images' means
    /// 1, 1/2, 0, 0 have 11/48, and the residual mean square is 3/8 over 3 degrees of freedom.
    @Test func pairedVariancesAreThoseOfTheTwoWayTable() throws {
        let both = SeedsAndImages(paired: Self.a, Self.b)
        #expect(both.difference == 0.375 && both.differences == [0.25, 0.5])
        #expect(isClose(both.seedVariance, 1.0 / 64) && both.degreesOfFreedom == 1)
        #expect(isClose(both.imageVariance, (11.0 / 48 - 1.0 / 16) / 4))
        let interval = try #require(both.interval)
        // √(12.70620² / 64 + 1.95996² / 24)
        #expect(abs(interval.upper - 0.375 - 1.6378898) < 1e-6)
        #expect(abs(interval.lower + interval.upper - 0.75) < 1e-12)
    }

    /// By hand: the seeds of b have one mean, so that Welch's degrees of freedom are those of a; the residual mean squares are
    /// 1/8 and 1/3, which leaves nothing that seeds share of images.
    @Test func unpairedVariancesAreWelchs() {
        let both = SeedsAndImages(unpaired: Self.a, Self.b)
        #expect(both.difference == 0.375 && both.differences == nil)
        #expect(isClose(both.seedVariance, 1.0 / 64) && isClose(both.degreesOfFreedom, 1))
        #expect(isClose(both.imageVariance, 0))
        let three = SeedsAndImages(unpaired: bools(["1100", "1110", "1111"]), bools(["0000", "1110"]))
        // Variances 1/16 and 9/32 of the seeds' means.
        let (partA, partB) = (1.0 / 48, 9.0 / 64)
        let freedom = (partA + partB) * (partA + partB) / (partA * partA / 2 + partB * partB)
        #expect(isClose(three.seedVariance, partA + partB) && isClose(three.degreesOfFreedom, freedom))
    }

    @Test func aSingleSeedHasNoInterval() {
        #expect(SeedsAndImages(paired: [Self.a[0]], [Self.b[0]]).interval == nil)
        #expect(SeedsAndImages(unpaired: Self.a, [Self.b[0]]).interval == nil)
    }

    /// Five seeds of two methods that err alike, on 4,000 test images: an image is missed where its own difficulty, its
    /// difficulty for the method, chance and the training's luck add up to too much. The difference of the methods has a
    /// standard deviation of `spread` points over seeds.
    @Test func intervalsCoverAsManyTruthsAsTheySay() throws {
        let repetitions = 250
        let spreads = [0.5, 1, 2, 4]
        let shares = try spreads.map { spread in
            var random = SplitMix(state: UInt64(1000 * spread))
            let covered = try (0..<repetitions).count { _ in
                let (a, b) = simulated(spread: spread, &random)
                return try !#require(SeedsAndImages(paired: a, b).interval).excludesZero
            }
            return Double(covered) / Double(repetitions)
        }
        // A share of 250 has a standard deviation of 1.3 points about the 95 to 97 % of long simulations.
        #expect(shares.allSatisfy { (0.92...0.99).contains($0) }, "\(shares)")
        #expect((0.94...0.97).contains(mean(shares)), "\(shares)")
    }

    @Test func onlyFiveSeedsOrMoreTellWhoErrsLess() throws {
        let better = Array(repeating: "00000000100000000000", count: 5)
        let worse = Array(repeating: "11111111110000001111", count: 5)
        let (a, b) = (results("a", better), results("b", worse))
        let five = try RunComparison(a, against: b)
        #expect(five.verdict == .first && five.text.contains("excludes 0: a errs less"))
        #expect(try RunComparison(b, against: a).verdict == .second)
        #expect(try RunComparison(a, against: results("c", better)).verdict == .undecided)
        let four = try RunComparison(Array(a.prefix(4)), against: b)
        #expect(four.verdict == .tooFewSeeds && four.differences == nil)
        #expect(!four.text.contains("excludes 0") && four.text.contains("fewer than 5 seeds cannot tell"))
        #expect(try #require(four.interval).excludesZero, "the interval is printed all the same")
    }

    @Test func seedsArePairedWhereBothSidesHaveTheSame() throws {
        let (a, b) = (results("a", ["1100", "1110"]), results("b", ["0100", "0010"]))
        let paired = try RunComparison(a, against: b)
        #expect(paired.differences == [25, 50] && paired.text.contains("each seed: +25.00, +50.00"))
        let others = results("b", ["0100", "0010"], firstSeed: 3)
        let unpaired = try RunComparison(a, against: others)
        #expect(unpaired.differences == nil && unpaired.text.contains("each seed: not paired"))
        #expect(unpaired.interval != paired.interval && unpaired.imagesInterval == paired.imagesInterval)
    }

    @Test func tablesAndPagesCompareTheirRowsWithOne() throws {
        let all =
            results("t/a", ["1100", "1110"]) + results("t/b", ["0100", "0010"])
            + results("t/c", ["1111", "1111"])
        let table = try ResultsTable(all)
        #expect(table.comparisons.map(\.recipe) == ["t/b", "t/c"])
        let row = "| t/b | −37.50 | −25.00, −50.00 | ["
        #expect(table.markdown.contains(row) && table.markdown.contains("against that of t/a"))
        let sentence = "Fewer than 5 seeds cannot tell which recipe errs less."
        #expect(table.markdown.components(separatedBy: sentence).count == 2)
        let page = try ComparisonReport(ComparisonContent(tables: [table], runs: [])).html()
        #expect(page.components(separatedBy: sentence).count == 2 && page.contains("−25.00, −50.00"))
        let other = try table.compared(with: "c")
        #expect(other.comparisons.map(\.against) == ["t/c", "t/c"])
        #expect(try other.json().contains("\"against\" : \"t/c\""))
        #expect(throws: UserError.self) { try table.compared(with: "d") }
        #expect(!(try ResultsTable(results("a", ["10"])).markdown.contains("Fewer than")))
    }
}

/// Which images each of five seeds of two methods misses: a quarter of them, in the mean.
private func simulated(spread: Double, _ random: inout SplitMix) -> ([[Bool]], [[Bool]]) {
    let images = (0..<4000).map { _ in 0.6 * random.uniform() }
    // The errors rise by 1.609 where the threshold falls by 1; a difference has twice the variance of its sides.
    let deviation = spread / 100 / 1.609 / 2.0.squareRoot()
    let sides = (0..<2).map { _ in
        let forMethod = images.map { $0 + 0.15 * random.uniform() }
        return (0..<5).map { _ in
            let threshold = 0.6504 + deviation * random.normal()
            return forMethod.map { $0 + 0.25 * random.uniform() > threshold }
        }
    }
    return (sides[0], sides[1])
}
