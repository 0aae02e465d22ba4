import Scores
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

/// An observer of training that does nothing.
class SilentObserver: TrainingObserver {
    var isInterrupted: Bool { false }
    func updated(_ state: TrainingState, _ update: Update) {}
    func checkpoint(_ state: TrainingState) {}
    func test(_ state: TrainingState) throws {}
    func pictured(_ state: TrainingState) {}
    func finished(_ state: TrainingState) throws {}
}

/// Keeps what every update measured, as `metrics.jsonl` would have it; stops before update `limit`.
final class Recorder: SilentObserver {
    var rows: [[String: Double]] = []
    /// Where chains ended at the end of the last phase.
    var chainEnds: Tensor?
    private let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    override var isInterrupted: Bool { rows.count >= limit }
    override func finished(_ state: TrainingState) { chainEnds = (state.training as? ChainsPhase)?.ends }
    override func updated(_ state: TrainingState, _ update: Update) {
        rows.append(update.measures.logged)
        let unknown = update.measures.map(\.metric.key).filter { Metric.logged($0) == nil }
        #expect(unknown.isEmpty, "every measure is declared as a metric")
    }

    /// The mean of a measure over some updates.
    func mean(_ key: String, _ rows: Range<Int>) -> Double {
        rows.reduce(0) { $0 + (self.rows[$1][key] ?? .nan) } / Double(rows.count)
    }
}
