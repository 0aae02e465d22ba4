import Experiments
import Testing

/// An observer of training that does nothing.
class SilentObserver: TrainingObserver {
    var isInterrupted: Bool { false }
    func updated(_ state: TrainingState, _ measures: Measures) {}
    func checkpoint(_ state: TrainingState) {}
    func tested(_ state: TrainingState, _ measures: Measures) {}
    func pictured(_ state: TrainingState) {}
    func finished(_ state: TrainingState) {}
}

/// Keeps what every update measured; stops before update `limit`.
final class Recorder: SilentObserver {
    var rows: [Measures] = []
    private let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    override var isInterrupted: Bool { rows.count >= limit }
    override func updated(_ state: TrainingState, _ measures: Measures) {
        rows.append(measures)
        let unknown = measures.keys.filter { $0 != "switched" && Metric.logged($0) == nil }
        #expect(unknown.isEmpty, "every measure is declared as a metric")
    }

    /// The mean of a measure over some updates.
    func mean(_ key: String, _ rows: Range<Int>) -> Double {
        rows.reduce(0) { $0 + (self.rows[$1][key] ?? .nan) } / Double(rows.count)
    }
}
