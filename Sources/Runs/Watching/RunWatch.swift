import Foundation
import Methods
import Scores

/// Watches one run: what it is doing, and what it has measured.
public struct RunWatch: Sendable {
    public let files: RunFiles
    private var metrics: MetricsTail
    public private(set) var sighting: RunSighting

    /// A quantity that says how training goes.
    public struct Measure: Sendable {
        public let metric: Metric
        /// The last value that was written.
        public let value: Double
        /// All values that were written.
        public let curve: [Double]
    }

    /// - Throws: `UserError` where there is no run.
    public init(_ files: RunFiles) throws {
        self.files = files
        metrics = MetricsTail(path: files.file("metrics.jsonl"))
        sighting = try RunSighting(files)
        metrics.read()
    }

    /// Looks again.
    /// - Throws: `UserError` where the run is gone.
    public mutating func look() throws {
        sighting = try RunSighting(files)
        metrics.read()
    }

    /// The quantities that people look at, as far as the run has written them.
    public var measures: [Measure] {
        Metric.watched.compactMap { metric in
            guard let key = metric.logKey, let curve = metrics.curves[key], let value = curve.last else {
                return nil
            }
            return Measure(metric: metric, value: value, curve: curve)
        }
    }

    /// Whose turn it is in a joint phase: `energy` or `flow`; nil elsewhere.
    public var turn: String? {
        guard sighting.progress?.phase == JointPhase.kind else { return nil }
        return metrics.curves[Metric.turn.key]?.last.map { $0 == 0 ? "energy" : "flow" }
    }
}
