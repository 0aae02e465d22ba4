import Runs
import Scores
import System

/// The scores of a table's row: means over its seeds, in the metrics' units, of every metric with a column.
public struct MeanScores: Equatable, Sendable {
    /// A mean over seeds, and the sample standard deviation where the metric's column has one.
    public struct Figure: Equatable, Sendable {
        public let mean: Double
        public let deviation: Double?
    }

    private var figures: [String: Figure] = [:]

    init(_ row: ResultsTable.Row) {
        for (metric, column) in Self.columns {
            figures[metric.key] = row.summary(of: metric).map {
                Figure(mean: $0.mean, deviation: column.hasDeviation ? $0.standardDeviation : nil)
            }
        }
    }

    /// The figure of a metric; nil unless every seed has it.
    public subscript(metric: Metric) -> Figure? { figures[metric.key] }

    static let columns = Metric.scores.compactMap { metric in metric.column.map { (metric, $0) } }
}

extension MeanScores: Codable {
    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        init(_ column: Metric.Column) { stringValue = column.key }
        init(deviationOf column: Metric.Column) { stringValue = column.key + "Deviation" }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Member.self)
        for (metric, column) in Self.columns {
            let mean = try container.decodeIfPresent(Double.self, forKey: Member(column))
            let deviation = try container.decodeIfPresent(Double.self, forKey: Member(deviationOf: column))
            figures[metric.key] = mean.map { Figure(mean: $0, deviation: deviation) }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        for (metric, column) in Self.columns {
            try container.encodeIfPresent(self[metric]?.mean, forKey: Member(column))
            try container.encodeIfPresent(self[metric]?.deviation, forKey: Member(deviationOf: column))
        }
    }
}

extension ResultsTable.Row {
    /// A score over the row's seeds, in the metric's unit; nil unless every seed has it, as a mean over some of them
    /// would not be comparable.
    func summary(of metric: Metric) -> Summary? {
        Summary(ofAll: results.map { result in result.scores[metric].map { metric.unit.scale * $0 } })
    }

    /// The mean over seeds, with the sample standard deviation where the metric's column has one.
    func text(of metric: Metric) -> String {
        let summary = summary(of: metric)
        return metric.column?.hasDeviation == true
            ? meanAndDeviation(summary, metric.decimals) : fixed(summary?.mean, metric.decimals)
    }
}
