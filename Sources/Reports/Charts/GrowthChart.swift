import Benchmarks

/// Time and peak memory of steps over sizes, side by side: factors on logarithmic axes, a line for each axis and step.
public struct GrowthChart: Sendable {
    private let growths: [Growth]

    /// Threads are left out: they belong in a table.
    public init(_ report: GrowthReport) {
        growths = report.growths.filter { $0.axis != .threads && $0.points.count > 1 }
    }

    public var chart: Chart {
        let panels = [
            panel("Time", "time, times the first's") { $0.milliseconds },
            panel("Peak memory", "memory, times the first's") { $0.peakResident },
        ]
        let height = panels.map(\.whole.height).max() ?? 0
        let gap = 12.0
        return Chart(
            title: "How steps grow", summary: panels.map(\.summary).joined(separator: " "),
            width: 2 * Axes.width + gap, height: height,
            content: Markup(
                panels.enumerated().map { index, panel in
                    let x = coordinate(Double(index) * (Axes.width + gap))
                    return Markup("g", ["transform": "translate(\(x) 0)"]) { panel.whole.content }
                }))
    }

    private func panel(_ title: String, _ unit: String, _ quantity: Growth.Quantity) -> Chart {
        let measured = growths.map { series($0, quantity) }
        var chart = LineChart(
            title: title, xTitle: "size, times the smallest", yTitle: unit,
            series: measured + linear(measured))
        (chart.logarithmic, chart.logarithmicX) = (true, true)
        return chart.chart
    }

    private func series(_ growth: Growth, _ quantity: Growth.Quantity) -> Series {
        let name = "\(growth.axis.rawValue), \(growth.step.rawValue)"
        guard let first = growth.points.first else { return Series(name, []) }
        let unit = quantity(first.measurement)
        return Series(
            name, x: growth.points.map { Double($0.value) / Double(first.value) },
            y: growth.points.map { quantity($0.measurement) / unit })
    }

    /// The lines show what proportional growth looks like, as far as both axes reach.
    private func linear(_ measured: [Series]) -> [Series] {
        let points = measured.flatMap(\.points)
        guard let right = points.map(\.x).max(), let top = points.map(\.y).max() else { return [] }
        let end = max(1.1, min(right, top))
        return [Series("linear", x: [1, end], y: [1, end])]
    }
}
