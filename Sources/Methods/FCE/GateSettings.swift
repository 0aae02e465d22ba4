import EnergyModels
import Schemas

/// `phase.gate`: which model is updated next in a joint phase. The energy is updated until the accuracy of
/// log p − log q as a classifier rises above `high`, then the flow until it falls below `low`. With a cap of 1 they
/// alternate. The paper's gate has a smoothing of 0 and no cap.
public struct GateSettings: Sendable, Equatable {
    public var high = 0.5
    public var low = 0.5
    /// Decay of the exponential average of the accuracy; 0 takes the last update's, as the paper does.
    public var smoothing = 0.9
    /// Most updates a turn; 0: no limit.
    public var cap = 20

    public init() {}

    /// The gate at the beginning of a phase.
    public var gate: Gate { Gate(high: high, low: low, smoothing: smoothing, cap: cap == 0 ? .max : cap) }

    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<GateSettings>([
        .number("high", \.high, .between(0, 1), "the energy is updated until its accuracy is above"),
        .number("low", \.low, .between(0, 1), "the flow is updated until the accuracy is below"),
        .number(
            "smoothing", \.smoothing, .halfOpen(0, 1),
            "decay of the averaged accuracy; 0 takes the last update's"),
        .integer(
            "cap", \.cap, .atLeast(0),
            "most updates in one turn; 1 alternates, 0 means no limit as in the paper"),
    ])
}
