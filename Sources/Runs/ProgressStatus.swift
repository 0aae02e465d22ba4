import System

/// What a line of progress says.
public struct ProgressStatus: Sendable, Equatable {
    /// The kind of the phase, and which of how many it is, from 0.
    public var phase: String
    public var phaseIndex: Int
    public var phaseCount: Int
    public var step: Int
    public var steps: Int
    /// Losses and the like by name, in the order to print.
    public var losses: [(name: String, value: Double)]
    /// Accuracy of the gate, 0...1.
    public var gateAccuracy: Double?
    /// The last test error, 0...1.
    public var lastError: Double?

    public init(
        phase: String, phaseIndex: Int, phaseCount: Int, step: Int, steps: Int,
        losses: [(name: String, value: Double)] = [], gateAccuracy: Double? = nil, lastError: Double? = nil
    ) {
        self.phase = phase
        self.phaseIndex = phaseIndex
        self.phaseCount = phaseCount
        self.step = step
        self.steps = steps
        self.losses = losses
        self.gateAccuracy = gateAccuracy
        self.lastError = lastError
    }

    public static func == (first: Self, second: Self) -> Bool {
        first.line(rate: nil) == second.line(rate: nil)
    }

    /// `[2/3 energy] 120/5000  3.1 it/s  ETA 26:14 (run 41:00)  V -1.204  gate 0.912  error 12.3 %`; `rate` in steps a
    /// second, `rest` in seconds to the end of the run.
    package func line(rate: Double?, rest: Double? = nil) -> String {
        var parts = ["[\(phaseIndex + 1)/\(phaseCount) \(phase)] \(step)/\(steps)"]
        if let rate, rate > 0, rate.isFinite {
            parts.append("\(Self.rounded(rate, digits: rate < 10 ? 2 : 0)) it/s")
            let run = rest.map { " (run \(clockTime($0)))" } ?? ""
            parts.append("ETA \(clockTime(Double(max(0, steps - step)) / rate))\(run)")
        } else if let rest {
            parts.append("ETA of the run \(clockTime(rest))")
        }
        parts += losses.map { "\($0.name) \(Self.rounded($0.value, digits: 3))" }
        if let gateAccuracy { parts.append("gate \(Self.rounded(gateAccuracy, digits: 3))") }
        if let lastError { parts.append("error \(Self.rounded(100 * lastError, digits: 2)) %") }
        return parts.joined(separator: "  ")
    }

    /// A loss that has run away is written as it is.
    private static func rounded(_ number: Double, digits: Int) -> String {
        abs(number) < 1e12 ? fixed(number, digits) : number.description
    }
}
