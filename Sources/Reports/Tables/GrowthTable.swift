import Benchmarks
import Runs
import System

/// The growth of steps as Markdown: a line for each axis and step, one for what starting costs, a table of threads.
public struct GrowthTable: Sendable {
    private let report: GrowthReport

    public init(_ report: GrowthReport) { self.report = report }

    public var markdown: String {
        let parts = [sizes, threads].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
        return (parts + [caption]).joined(separator: "\n\n") + "\n"
    }

    private var caption: String {
        "\(report.machine.summary), \(report.machine.precision) networks, \(report.network), batch \(report.batch), "
            + "median of \(report.runs)."
    }

    // MARK: Sizes

    private var sizes: [String] {
        let growths = report.growths.filter { $0.axis != .threads }
        guard !growths.isEmpty else { return [] }
        let head = ["axis", "step", "at", "ms", "exponent", "arithmetic's", "MB", "exponent", ""]
        return table(head, left: [0, 1, 2, 3, 6, 8], growths.flatMap(lines))
    }

    private func lines(_ growth: Growth) -> [[String]] {
        let line = [
            growth.axis.rawValue, growth.step.rawValue, list(growth) { String($0.value) },
            list(growth) { milliseconds($0.measurement.milliseconds) }, fixed(growth.timeExponent, 2),
            fixed(growth.arithmeticExponent, 2), list(growth) { fixed($0.measurement.peakResident, 0) },
            fixed(growth.memoryExponent, 2), remark(growth),
        ]
        guard growth.axis == .labels else { return [line] }
        let start = [
            growth.axis.rawValue, "start", line[2],
            list(growth) { milliseconds($0.measurement.startMilliseconds) },
            fixed(growth.exponent(\.startMilliseconds), 2), "–", "–", "–", "",
        ]
        return [line, start]
    }

    private func remark(_ growth: Growth) -> String {
        let remarks = [
            growth.isSlowing ? "time grows faster than the arithmetic" : nil,
            growth.isSwelling ? "memory grows faster than linearly" : nil,
        ]
        return remarks.compactMap(\.self).joined(separator: "; ")
    }

    // MARK: Threads

    /// Numbers of threads that Amdahl's law is asked about.
    private static let asked = [4, 8]

    private var threads: [String] {
        let growths = report.growths.filter { $0.axis == .threads }
        guard let first = growths.first else { return [] }
        let measured = first.points.map(\.value)
        let predicted = Self.asked.filter { !measured.contains($0) }
        let head =
            ["step"] + measured.map { "ms on \($0)" } + ["speed-up on 2", "serial share"]
            + predicted.map { "ms on \($0), Amdahl" }
        return table(
            head, left: [0],
            growths.map { growth in
                [growth.step.rawValue] + measured.map { milliseconds(growth.milliseconds(at: $0)) }
                    + [speedUp(growth), growth.serialShare.map { percent($0, 0) + " %" } ?? "–"]
                    + predicted.map { milliseconds(growth.milliseconds(predictedFor: $0)) }
            })
    }

    private func speedUp(_ growth: Growth) -> String {
        guard let one = growth.milliseconds(at: 1), let two = growth.milliseconds(at: 2) else { return "–" }
        return fixed(one / two, 2) + "x"
    }

    // MARK: Text

    private func list(_ growth: Growth, _ text: (Growth.Point) -> String) -> String {
        growth.points.map(text).joined(separator: ", ")
    }

    /// The text has three digits or more.
    private func milliseconds(_ value: Double?) -> String {
        fixed(value, value.map { $0 < 9.995 ? 2 : $0 < 99.95 ? 1 : 0 } ?? 0)
    }

    private func table(_ head: [String], left: Set<Int>, _ rows: [[String]]) -> [String] {
        let rule = head.indices.map { left.contains($0) ? "---" : "---:" }
        return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
    }
}
