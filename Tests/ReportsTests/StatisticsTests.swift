import Evaluation
import Foundation
import Scores
import System
import Testing

@testable import Reports

/// The generator of Tests/Golden/generate_statistics.py.
private func uniforms(_ count: Int, _ seed: UInt32) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
        state = 1_664_525 &* state &+ 1_013_904_223
        return Double(state) / 0x1p32
    }
}

private let images = 500
private let classes = 4

private func goldenPredictions() throws -> Predictions {
    let labels = uniforms(images, 2).map { Int($0 * Double(classes)) }
    let u = uniforms(images * classes, 1)
    var probabilities: [Float] = []
    for image in 0..<images {
        let logits = (0..<classes).map { k in
            Float(4 * u[image * classes + k]) + (labels[image] == k ? 1 : 0)
        }
        let exponentials = logits.map { exp(Double($0)) }
        let sum = exponentials.reduce(0, +)
        probabilities += exponentials.map { Float($0 / sum) }
    }
    return try Predictions(probabilities: probabilities, labels: labels, classes: classes)
}

private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance }

@Suite struct StatisticsTests {
    @Test func predictionsMatchNumpy() throws {
        let predictions = try goldenPredictions()
        #expect(close(predictions.errorRate, StatisticsGolden.errorRate, 1e-12))
        // exp may differ in its last bit between libraries, and probabilities are float32.
        #expect(close(predictions.negativeLogLikelihood, StatisticsGolden.negativeLogLikelihood, 1e-8))
        #expect(close(predictions.brierScore, StatisticsGolden.brierScore, 1e-8))
        let calibration = predictions.calibration()
        #expect(close(calibration.expectedError, StatisticsGolden.expectedCalibrationError, 1e-8))
        #expect(predictions.confusion.counts == StatisticsGolden.confusion)
        #expect(calibration.bins.count == 15 && calibration.bins.reduce(0) { $0 + $1.count } == images)
    }

    @Test func temperatureScalingMatchesScipy() throws {
        let all = try goldenPredictions()
        let held = try Predictions(
            probabilities: Array(all.probabilities.prefix(200 * classes)),
            labels: Array(all.labels.prefix(200)),
            classes: classes)
        let temperature = held.fittedTemperature()
        // A minimiser that compares values finds its place to about the root of their precision.
        #expect(close(temperature, StatisticsGolden.temperature, 1e-6))
        let scaled = all.scaled(temperature: temperature)
        #expect(close(scaled.negativeLogLikelihood, StatisticsGolden.scaledNegativeLogLikelihood, 1e-7))
        #expect(close(scaled.brierScore, StatisticsGolden.scaledBrierScore, 1e-7))
        #expect(close(scaled.calibration().expectedError, StatisticsGolden.scaledCalibrationError, 1e-6))
        #expect(scaled.predicted == all.predicted)
    }

    @Test func aTemperatureStaysInItsRange() throws {
        let range = TemperatureScaling.range
        func fitted(_ labels: [Int]) throws -> Double {
            try Predictions(probabilities: [0.6, 0.4, 0.1, 0.9], labels: labels, classes: 2)
                .fittedTemperature()
        }
        // All right: the surer the better. All wrong: the less sure the better.
        #expect(try close(fitted([0, 1]) / range.lowerBound, 1, 1e-9))
        #expect(try close(fitted([1, 0]) / range.upperBound, 1, 1e-9))
    }

    @Test func scalingBearsAnUnderflownProbability() throws {
        let scaled = try Predictions(probabilities: [0, 1], labels: [0], classes: 2).scaled(temperature: 4)
        #expect(scaled.probabilities[0] > 0 && scaled.probabilities[0] < 1e-9)
        #expect(scaled.probabilities.allSatisfy { $0.isFinite })
    }

    @Test func classErrorsMatchNumpy() throws {
        let errors = try goldenPredictions().confusion.classErrors
        #expect(zip(errors, StatisticsGolden.classErrors).allSatisfy { close($0, $1, 1e-12) })
    }

    @Test func classErrorsAreRowShares() {
        let matrix = ConfusionMatrix(counts: [[3, 1], [0, 0]])
        #expect(matrix.classErrors[0] == 0.25)
        #expect(matrix.classErrors[1].isNaN)
    }

    @Test func shapesAndLabelsAreChecked() {
        #expect(throws: UserError.self) { try Predictions(probabilities: [1, 0], labels: [0], classes: 3) }
        #expect(throws: UserError.self) { try Predictions(probabilities: [1, 0], labels: [2], classes: 2) }
    }

    @Test func anUnderflownProbabilityKeepsTheLikelihoodFinite() throws {
        let predictions = try Predictions(probabilities: [0, 1], labels: [0], classes: 2)
        #expect(close(predictions.negativeLogLikelihood, -log(Double(Float.leastNormalMagnitude)), 1e-12))
    }

    @Test func summaryAndIntervalMatchScipy() throws {
        let summary = Summary([7.31, 6.95, 7.62])
        #expect(close(summary.mean, StatisticsGolden.seedMean, 1e-12))
        #expect(close(try #require(summary.standardDeviation), StatisticsGolden.seedDeviation, 1e-12))
        let interval = try #require(summary.differenceInterval(from: 7.05))
        #expect(close(interval.lower, StatisticsGolden.seedInterval.0, 1e-10))
        #expect(close(interval.upper, StatisticsGolden.seedInterval.1, 1e-10))
        #expect(!interval.excludesZero)
        #expect(Summary([1]).standardDeviation == nil && Summary([1]).differenceInterval(from: 0) == nil)
    }

    @Test func studentQuantilesMatchScipy() {
        let worst = StatisticsGolden.studentQuantiles.enumerated().map { index, expected in
            abs(StudentT(degreesOfFreedom: Double(index + 1)).quantile(0.975) / expected - 1)
        }.max()
        #expect(worst.map { $0 < 1e-11 } == true)
        #expect(close(StudentT(degreesOfFreedom: 5).cumulative(0), 0.5, 1e-15))
    }

    @Test func bootstrapMatchesImageByImageResampling() throws {
        let a = uniforms(3 * images, 3).map { $0 < 0.20 }
        let b = uniforms(2 * images, 4).map { $0 < 0.25 }
        let bootstrap = try PairedBootstrap(
            (0..<3).map { Array(a[($0 * images)..<(($0 + 1) * images)]) },
            (0..<2).map { Array(b[($0 * images)..<(($0 + 1) * images)]) }, seed: 1)
        #expect(close(bootstrap.difference, StatisticsGolden.bootstrapDifference, 1e-12))
        // The sd of a 2.5 % quantile of 10,000 draws is about 0.027 sd of the draws (0.016), three of which.
        #expect(close(bootstrap.interval.lower, StatisticsGolden.bootstrapInterval.0, 0.0013))
        #expect(close(bootstrap.interval.upper, StatisticsGolden.bootstrapInterval.1, 0.0013))
        #expect(bootstrap.resamples == 10_000)
    }

    @Test func bootstrapSaysWhetherZeroIsExcluded() throws {
        let none = [Bool](repeating: false, count: 400)
        let some = (0..<400).map { $0 < 20 }
        #expect(try PairedBootstrap([some], [none]).interval.excludesZero)
        let same = try PairedBootstrap([some], [some])
        #expect(!same.interval.excludesZero && same.difference == 0 && same.interval.upper == 0)
        #expect(throws: UserError.self) { try PairedBootstrap([some], [[true]]) }
        #expect(throws: UserError.self) { try PairedBootstrap([], [some]) }
    }

    @Test func binomialHasItsMeanAndVariance() {
        let (n, p) = (1000, 0.03)
        // Even quantiles integrate the distribution: no sampling error.
        let draws = (0..<20_000).map { Double(binomial(n, p, (Double($0) + 0.5) / 20_000)) }
        let average = mean(draws)
        let variance = mean(draws.map { ($0 - average) * ($0 - average) })
        #expect(close(average, 30, 0.01))
        #expect(close(variance, 29.1, 0.05))
        #expect(binomial(7, 0, 0.5) == 0 && binomial(7, 1, 0.5) == 7 && binomial(7, 0.5, 1) <= 7)
    }

    @Test func aurocMatchesScipyWithTies() {
        let positives = uniforms(60, 5).map { ($0 * 40 + 8).rounded(.down) }
        let negatives = uniforms(80, 6).map { ($0 * 40).rounded(.down) }
        #expect(
            close(areaUnderROC(positives: positives, negatives: negatives), StatisticsGolden.auroc, 1e-12))
        #expect(areaUnderROC(positives: [2, 3], negatives: [0, 1]) == 1)
        #expect(areaUnderROC(positives: [], negatives: [0]).isNaN)
        #expect(areaUnderROC(positives: [.nan], negatives: [0]).isNaN)
    }
}
