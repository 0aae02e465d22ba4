import Foundation
import System

/// Overlaid histograms of several samples of one quantity, each normalised to its own size.
public struct Histogram: Sendable {
    public var title: String
    /// The title names the quantity and its unit.
    public var xTitle: String
    public var samples: [(label: String, values: [Double])]
    public var bins = 40
    /// So many of the first samples decide the axis; the others stretch it by its own length at most, on
    /// either side. Densities of noise may lie at −10¹⁸ nats. Nil: all samples.
    public var deciding: Int?

    public init(title: String, xTitle: String, samples: [(label: String, values: [Double])]) {
        self.title = title
        self.xTitle = xTitle
        self.samples = samples
    }

    /// A sentence under the chart; see ``Chart/note``.
    public var note = ""

    private let height = 196.0

    /// The shares run over the central 99.8 % of all values: one outlier must not flatten the rest. What lies
    /// outside is counted in the outermost bins.
    public var chart: Chart {
        let x = Scale(fitting: ends(), from: Axes.plotLeft, to: Axes.plotRight)
        let shares = samples.map { self.shares($0.values, x.domain) }
        let y = Scale(
            fitting: shares.flatMap { $0 }, from: height - 30, to: 22, includingZero: true)
        let axes = Axes(height: height, x: x, y: y)
        let all = samples.indices.map { outline(shares[$0], $0, axes) }
        var chart = Chart(
            title: title, summary: summary, width: Axes.width, height: height,
            content: Markup([
                axes.markup(xTitle: xTitle, yTitle: "share per bin"), Markup(all),
                ends().isEmpty ? label("no values", Axes.width / 2, height / 2, "mid") : Markup([]),
            ]))
        (chart.legend, chart.note) = (Legend(samples.map(\.label), .area), note)
        chart.axes = ends().isEmpty ? nil : axes
        return chart
    }

    /// The ends of the axis; empty without values.
    private func ends() -> [Double] {
        let all = Self.central(samples)
        guard let deciding, all.count == 2 else { return all }
        let own = Self.central(Array(samples.prefix(deciding)))
        guard own.count == 2 else { return all }
        let room = own[1] - own[0]
        return [max(all[0], own[0] - room), min(all[1], own[1] + room)]
    }

    private static func central(_ samples: [(label: String, values: [Double])]) -> [Double] {
        let ascending = samples.flatMap { $0.values.filter(\.isFinite) }.sorted()
        return ascending.isEmpty ? [] : [0.001, 0.999].map { sortedQuantile(ascending, $0) }
    }

    private var summary: String {
        let parts = samples.map { label, values in
            let finite = values.filter(\.isFinite)
            return "\(label): \(finite.count) values, mean \(fixed(mean(finite), 2))"
        }
        return "Distribution of \(xTitle). " + parts.joined(separator: "; ")
    }

    private func shares(_ values: [Double], _ domain: ClosedRange<Double>) -> [Double] {
        var counts = [Double](repeating: 0, count: bins)
        let width = (domain.upperBound - domain.lowerBound) / Double(bins)
        let finite = values.filter(\.isFinite)
        for value in finite {
            let clamped = min(max(value, domain.lowerBound), domain.upperBound)
            counts[min(Int((clamped - domain.lowerBound) / width), bins - 1)] += 1
        }
        return counts.map { $0 / Double(max(finite.count, 1)) }
    }

    private func outline(_ shares: [Double], _ index: Int, _ axes: Axes) -> Markup {
        guard shares.contains(where: { $0 > 0 }) else { return Markup([]) }
        let width = (axes.right - axes.left) / Double(bins)
        var path = "M\(coordinate(axes.left)) \(coordinate(axes.bottom))"
        for (bin, share) in shares.enumerated() {
            let level = axes.y(share) ?? axes.bottom
            path += "V\(coordinate(level))H\(coordinate(axes.left + width * Double(bin + 1)))"
        }
        let color = Theme.series(index)
        return Markup(
            "path",
            [
                "fill": color, "fill-opacity": "0.22", "stroke": color, "stroke-width": "1.2",
                "data-s": String(index), "data-name": samples[index].label,
                "d": path + "V\(coordinate(axes.bottom))Z",
            ])
    }
}
