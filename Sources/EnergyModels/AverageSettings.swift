import Networks
import Schemas

/// `[average]`: exponentially averaged weights for p(y|x).
public struct AverageSettings: Sendable, Equatable {
    /// 0: no average.
    public var decay = 0.0
    /// Updates with ``warmupDecay`` in place of ``decay``.
    public var warmup = 0
    public var warmupDecay = 0.99

    public init() {}

    /// The average of a model's weights; nil where none is asked for.
    public func parameters(of store: ParameterStore) -> AveragedParameters? {
        decay > 0
            ? AveragedParameters(of: store, decay: decay, warmup: warmup, warmupDecay: warmupDecay) : nil
    }
}

extension AverageSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<AverageSettings>([
        .number(
            "decay", \.decay, .halfOpen(0, 1),
            "decay of the averaged weights that compute p(y|x); 0: no averaging"),
        .integer("warmup", \.warmup, .atLeast(0), "number of first updates with another decay"),
        .number("warmup-decay", \.warmupDecay, .halfOpen(0, 1), "decay of those updates"),
    ])
}
