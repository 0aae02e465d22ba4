/// Decides which model is updated next: the energy model trains until its accuracy exceeds `high`, then the flow until it
/// falls below `low`. Gao et al. 2020, beginning of section 4, with smoothing and a cap on the length of a turn. With a cap
/// of 1 the models alternate whatever the accuracy is.
public struct Gate: Sendable, Codable, Equatable {
    public enum Turn: String, Sendable, Codable { case energy, flow }

    public let high: Double
    public let low: Double
    /// Weight of the past in the moving average of the accuracy; 0 is the paper's per-batch gate.
    public let smoothing: Double
    /// Most updates in one turn.
    public let cap: Int
    public private(set) var turn = Turn.energy
    /// Moving average of the accuracy; nil before the first update.
    public private(set) var accuracy: Double?
    /// Updates made in this turn.
    public private(set) var length = 0

    public init(high: Double = 0.5, low: Double = 0.5, smoothing: Double = 0.9, cap: Int = 20) {
        self.high = high
        self.low = low
        self.smoothing = smoothing
        self.cap = cap
    }

    /// Takes the accuracy of the update just made; returns whether the turn changed. A tie keeps (or returns to) the
    /// energy model: when everything saturates the accuracy is exactly ½, and only the energy model can move.
    @discardableResult
    public mutating func record(_ batch: Double) -> Bool {
        let average = accuracy.map { smoothing * $0 + (1 - smoothing) * batch } ?? batch
        accuracy = average
        length += 1
        let next: Turn =
            switch turn {
            case .energy: average > high || length >= cap ? .flow : .energy
            case .flow: average < low || average == 0.5 || length >= cap ? .energy : .flow
            }
        guard next != turn else { return false }
        turn = next
        length = 0
        return true
    }
}
