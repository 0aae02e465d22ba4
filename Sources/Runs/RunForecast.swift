import Costs

/// How long a run still takes: predicted before it trains, and corrected by the speed that it shows.
public struct RunForecast: Sendable, Equatable {
    /// Seconds of each phase with its tests.
    private let phases: [Double]
    /// Seconds of what follows the last phase.
    private let ending: Double
    /// What the phases in training took, as a multiple of what was predicted.
    private var correction = 1.0

    /// Nil for a cost without times.
    public init?(_ cost: RunCost) {
        let times = cost.phases.compactMap(\.time)
        guard times.count == cost.phases.count, let ending = cost.ending else { return nil }
        phases = times.map(\.seconds)
        self.ending = ending.seconds + (cost.probe?.seconds ?? 0)
    }

    /// Seconds to the end of the run.
    ///
    /// - Parameters:
    ///   - status: where the run is.
    ///   - rate: steps a second so far in the phase; nil while that is not known.
    ///   - elapsed: seconds over which `rate` was seen: a short time corrects little.
    public mutating func rest(of status: ProgressStatus, rate: Double?, elapsed: Double) -> Double {
        let index = status.phaseIndex
        guard phases.indices.contains(index), status.steps > 0 else { return correction * ending }
        let share = Double(max(0, status.steps - status.step)) / Double(status.steps)
        if let rate, rate > 0, rate.isFinite, elapsed >= 5, phases[index] > 0 {
            // No prediction is wrong by more than this; a pause of the machine is.
            correction = min(4, max(0.25, Double(status.steps) / rate / phases[index]))
        }
        return correction * (share * phases[index] + phases.dropFirst(index + 1).reduce(ending, +))
    }
}
