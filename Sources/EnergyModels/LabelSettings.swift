import Schemas

/// `[label]`: the cross-entropy on labelled images.
public struct LabelSettings: Sendable, Equatable {
    /// How much the labelled images of each class count.
    public enum ClassWeights: Sendable, Equatable {
        /// All images count the same.
        case equal
        /// An image counts inversely to the number of labelled images of its class, so that all classes count the same.
        case balanced
        /// One number above 0 for each class.
        case given([Double])
    }

    public var weight = 1.0
    public var classWeights = ClassWeights.equal

    public init() {}
}

extension LabelSettings.ClassWeights {
    /// The factors on the terms of L_label, `[K]`; nil where all are 1. Their mean over the labelled images is 1, so that
    /// L_label keeps its size beside V.
    /// - Parameter counts: labelled images of each class, `[K]`.
    public func factors(counts: [Int]) -> [Double]? {
        let weights: [Double]
        switch self {
        case .equal: return nil
        case .balanced: weights = counts.map { $0 > 0 ? 1 / Double($0) : 0 }
        case .given(let numbers): weights = numbers
        }
        let sum = zip(counts, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
        let images = Double(counts.reduce(0, +))
        return weights.map { $0 * images / sum }
    }
}

extension SchemaField<LabelSettings> {
    fileprivate static var classWeights: SchemaField {
        .value(
            "class-weights", \.classWeights, "\"balanced\", or an array of K numbers above 0",
            "factors on the terms of labelled images by class, scaled to mean 1 over these images; balanced: inverse to the "
                + "class's number of them",
            read: { node in
                switch node {
                case .string("balanced"): return .balanced
                case .array(let nodes):
                    let numbers = nodes.compactMap { $0.number(in: .above(0)) }
                    return numbers.isEmpty || numbers.count != nodes.count ? nil : .given(numbers)
                default: return nil
                }
            },
            write: { weights in
                switch weights {
                case .equal: nil
                case .balanced: .string("balanced")
                case .given(let numbers): .array(numbers.map { .number($0) })
                }
            })
    }
}

extension LabelSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<LabelSettings>([
        .number("weight", \.weight, .atLeast(0), "weight of the cross-entropy on labelled images, eq. 17"),
        .classWeights,
    ])
}
