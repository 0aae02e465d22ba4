import Tensors
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Reports
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct GrowthTests {
    private let machine = MachineRecord(
        cpu: "a processor", isa: "AVX2", blas: "b", onednn: "o", threads: 2, precision: "float32")

    private func growth(
        _ axis: Growth.Axis, _ step: BenchmarkStep, _ values: [Int], _ milliseconds: (Double) -> Double
    ) -> Growth {
        Growth(
            axis, step,
            values.map {
                Growth.Point(
                    value: $0,
                    measurement: Benchmark.Measurement(
                        step: step, startMilliseconds: 40, milliseconds: milliseconds(Double($0)),
                        peakResident: 100 + Double($0), peakTensors: 1, gigaflop: Double($0),
                        precision: .float32,
                        peakRate: 1))
            })
    }

    private func report(_ growths: [Growth]) -> GrowthReport {
        GrowthReport(growths, BenchmarkSettings(), machine)
    }

    @Test func linesSayWhatGrewAndHow() {
        let markdown = GrowthTable(
            report([
                growth(.batch, .mle, [16, 32]) { 10 * $0 }, growth(.labels, .ebm, [100, 1000]) { _ in 5 },
                growth(.images, .infer, [2, 4]) { $0 * $0 },
            ])
        ).markdown
        let lines = markdown.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("| batch | mle | 16, 32 | 160, 320 | 1.00 | 1.00 | 116, 132 |") })
        #expect(lines.contains { $0.hasPrefix("| labels | start | 100, 1000 | 40.0, 40.0 | 0.00 |") })
        let flagged = lines.filter { $0.contains("faster than the arithmetic") }
        #expect(flagged.count == 1 && flagged[0].hasPrefix("| images | infer |"))
        #expect(markdown.contains("a processor, AVX2, 2 threads, float32 networks, conv-small, batch 64"))
        #expect(!markdown.contains("serial share"), "no threads, no table of them")
    }

    @Test func threadsHaveATableOfTheirOwn() {
        let markdown = GrowthTable(report([growth(.threads, .mle, [1, 2]) { 20 + 80 / $0 }])).markdown
        #expect(markdown.contains("| mle | 100 | 60.0 | 1.67x | 20 % | 40.0 | 30.0 |"))
        #expect(!markdown.contains("exponent"))
        let one = GrowthTable(report([growth(.threads, .mle, [1]) { 100 / $0 }])).markdown
        #expect(one.contains("| mle | 100 | – | – | – | – |"), "a machine of one processor")
    }

    @Test(arguments: [[], [1], [16, 32, 64]])
    func chartsAreWellFormed(values: [Int]) {
        let content = report([
            growth(.batch, .mle, values) { $0 }, growth(.batch, .ebmPool, values) { $0 },
            growth(.threads, .mle, [1, 2]) { 1 / $0 },
        ])
        let chart = GrowthChart(content).chart
        let elements = XMLElements(chart.file)
        #expect(elements.isWellFormed)
        #expect(elements.names["g"] == 2)
        #expect(chart.summary.contains("batch, mle") == (values.count > 1))
        #expect(!chart.file.contains("threads"))
    }
}
