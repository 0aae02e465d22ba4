import Glibc
import Scores
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite("log Z by importance sampling") struct LogNormalizerTests {
    @Test("Equal weights use every sample, one large weight uses one")
    func effectiveSampleSize() throws {
        let equal = try #require(LogNormalizer(logRatios: [900, 900, 900, 900]))
        expectClose([equal.estimate, equal.effectiveSampleSize], [900, 4], relative: 1e-12)
        #expect(!equal.isUnreliable)
        let one = try #require(LogNormalizer(logRatios: [0] + [Double](repeating: -100, count: 99)))
        expectClose([one.estimate, one.effectiveSampleSize], [-log(100), 1], relative: 1e-12)
        #expect(one.isUnreliable && one.effectiveShare == 0.01)
    }

    @Test("Two weights, by hand")
    func byHand() throws {
        let two = try #require(LogNormalizer(logRatios: [log(1), log(3)]))
        expectClose([two.estimate, two.effectiveSampleSize], [log(2), 16 / 10.0], relative: 1e-12)
    }

    @Test("Nothing finite gives nothing")
    func notFinite() {
        #expect(LogNormalizer(logRatios: []) == nil)
        #expect(LogNormalizer(logRatios: [-Double.infinity]) == nil)
        #expect(LogNormalizer(logRatios: [0, .nan, .infinity]) == nil)
    }
}
