import Flows
import Foundation
import Tensors
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct GrowthTests {
    /// Models small enough for a test; everything else as users run it.
    private var small: BenchmarkSettings {
        var settings = BenchmarkSettings()
        (settings.batch, settings.runs, settings.images, settings.threads) = (10, 1, 20, 1)
        (settings.flow.blocks, settings.flow.width) = (1, 8)
        (settings.examples, settings.features) = (40, 60)
        return settings
    }

    /// A series of which only `milliseconds`, `megabytes` and `gigaflop` matter.
    private func growth(
        _ axis: Growth.Axis, _ values: [Int], milliseconds: (Double) -> Double,
        megabytes: (Double) -> Double = { $0 }, gigaflop: (Double) -> Double = { $0 }
    ) -> Growth {
        let points = values.map { value in
            let x = Double(value)
            return point(
                value, milliseconds: milliseconds(x), megabytes: megabytes(x), gigaflop: gigaflop(x))
        }
        return Growth(axis, .mle, points)
    }

    private func point(
        _ value: Int, milliseconds: Double = 1, megabytes: Double = 1, gigaflop: Double
    ) -> Growth.Point {
        let measurement = Benchmark.Measurement(
            step: .mle, startMilliseconds: 1, milliseconds: milliseconds, peakResident: megabytes,
            peakTensors: 1, gigaflop: gigaflop, precision: .float32, peakRate: 1)
        return Growth.Point(value: value, measurement: measurement)
    }

    private func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) < 1e-12 } ?? false
    }

    @Test func exponentIsThatOfTheLastTwoPoints() {
        let linear = growth(.batch, [512, 16, 128], milliseconds: { 0.3 * $0 })
        #expect(isClose(linear.timeExponent, 1))
        #expect(linear.points.map(\.value) == [16, 128, 512], "in rising order, however they came")
        // Constant work up to 8 and quadratic work beyond.
        let late = growth(.width, [2, 8, 32], milliseconds: { max(64, $0 * $0) })
        #expect(isClose(late.timeExponent, 2))
        #expect(isClose(growth(.labels, [10, 100], milliseconds: { _ in 7 }).timeExponent, 0))
        #expect(growth(.batch, [16], milliseconds: { $0 }).timeExponent == nil)
        #expect(growth(.batch, [16, 32], milliseconds: { _ in 0 }).timeExponent == nil)
    }

    @Test func whatGrowsFasterThanTheArithmeticIsFlagged() {
        let quadratic = growth(.batch, [1, 2], milliseconds: { $0 * $0 })
        #expect(quadratic.isSlowing && !quadratic.isSwelling)
        let due = growth(.width, [1, 2], milliseconds: { $0 * $0 }, gigaflop: { $0 * $0 })
        #expect(!due.isSlowing)
        // Weights are quadratic in the width; a batch's memory is not.
        let square: (Double) -> Double = { $0 * $0 }
        #expect(growth(.batch, [1, 2], milliseconds: { $0 }, megabytes: square).isSwelling)
        #expect(
            !growth(.width, [1, 2], milliseconds: { $0 }, megabytes: square, gigaflop: square).isSwelling)
    }

    @Test func amdahlsLawIsInvertedAndApplied() {
        let mixed = growth(.threads, [1, 2], milliseconds: { 20 + 80 / $0 })
        #expect(isClose(mixed.serialShare, 0.2))
        #expect(isClose(mixed.milliseconds(predictedFor: 4), 40))
        #expect(growth(.threads, [1, 2], milliseconds: { 100 / ($0 * $0) }).serialShare == 0)
        #expect(growth(.threads, [1, 2], milliseconds: { 100 * $0 }).serialShare == 1)
        #expect(growth(.threads, [1], milliseconds: { $0 }).serialShare == nil)
        #expect(growth(.batch, [1, 2], milliseconds: { $0 }).serialShare == nil)
    }

    @Test func everyAxisReports() throws {
        let values: [Growth.Axis: [Int]] = [
            .batch: [4, 8], .blocks: [1, 2], .width: [4, 8], .classes: [2, 12], .images: [5, 10],
            .labels: [10, 20], .threads: [1, 2],
        ]
        var complete: [Growth.Axis] = []
        let report = try GrowthReport(
            measuring: small, values: { values[$0] ?? [] }, measured: { complete.append($0.axis) })
        #expect(complete == Growth.Axis.allCases.flatMap { axis in axis.steps.map { _ in axis } })
        for growth in report.growths {
            #expect(growth.points.map(\.value) == values[growth.axis], "\(growth.axis)")
            #expect(growth.points.allSatisfy { $0.measurement.milliseconds > 0 })
            #expect(growth.points.allSatisfy { $0.measurement.startMilliseconds > 0 })
        }
    }

    @Test func arithmeticFollowsTheShapes() throws {
        // Of the paper's models, without running them.
        func exponent(_ axis: Growth.Axis) throws -> Double {
            let values = axis.values(processors: 2)
            let growth = Growth(
                axis, axis.steps[0],
                values.map { value in
                    let settings = axis.settings(
                        BenchmarkSettings(), value, largest: values[values.count - 1])
                    return point(value, gigaflop: 1e-9 * axis.steps[0].operations(settings))
                })
            return try #require(growth.arithmeticExponent)
        }
        #expect([.batch, .images].allSatisfy { isClose(try? exponent($0), 1) })
        #expect([.labels, .threads].allSatisfy { isClose(try? exponent($0), 0) })
        #expect(try 0.95...1 ~= exponent(.blocks), "but for the priors between levels")
        #expect(try 1.5...2 ~= exponent(.width), "1x1 products are quadratic in it, 3x3 ones linear")
        #expect(try exponent(.classes) < 0.01)
    }

    @Test func memoryThatIsNotThereEndsAnAxis() throws {
        var warnings: [String] = []
        // Generated images alone would fill the machine: this must not be tried.
        let report = try GrowthReport(
            measuring: small, along: [.batch], values: { _ in [4, 64, 1 << 40] },
            warn: { warnings.append($0) })
        #expect(report.growths.allSatisfy { $0.points.map(\.value) == [4, 64] })
        #expect(warnings.filter { $0.contains("left out") }.count == report.growths.count)
    }

    @Test func reportsAreJSON() throws {
        let growth = growth(.threads, [1, 2], milliseconds: { 20 + 80 / $0 })
        let machine = MachineRecord(
            cpu: "c", isa: "i", blas: "b", onednn: "o", threads: 2, precision: "float32")
        let json = try GrowthReport([growth], small, machine).json()
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let series = try #require((object["growth"] as? [[String: Any]])?.first)
        #expect(series["axis"] as? String == "threads")
        #expect(series["serial_share"] as? Double == 0.2)
        let points = try #require(series["points"] as? [[String: Double]])
        #expect(points.map { $0["ms"] } == [100, 60])
    }
}
