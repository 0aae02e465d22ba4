import Schemas
import Tensors

/// `[consistency]`: what p(y|x) of unlabelled images should agree with.
public struct ConsistencySettings: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable {
        case none
        /// A second evaluation under other dropout.
        case piModel = "pi-model"
        /// The average of earlier predictions for the image.
        case temporalEnsembling = "temporal-ensembling"
        /// The averaged weights, `[average]`.
        case meanTeacher = "mean-teacher"
    }

    public var kind = Kind.none
    /// Weight at the ramp's end, beside a label term of weight 1.
    public var weight = 100.0
    /// Updates over which the weight rises as exp(−5(1 − t)²).
    public var rampUp = 0
    /// α of temporal ensembling.
    public var momentum = 0.6

    public init() {}

    /// The regulariser that the settings describe; nil where there is none.
    ///
    /// - Parameters:
    ///   - images: number of training images.
    ///   - classes: K.
    ///   - backend: where the term keeps what it gathers.
    public func term(images: Int, classes: Int, _ backend: any Backend) -> (any Regularizer)? {
        switch kind {
        case .none: nil
        case .piModel: PiModel()
        case .temporalEnsembling:
            TemporalEnsembling(images: images, classes: classes, momentum: momentum, backend: backend)
        case .meanTeacher: MeanTeacher()
        }
    }
}

extension ConsistencySettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<ConsistencySettings>([
        .choice("kind", \.kind, "the method, which decides with what p(y|x) should agree"),
        .number("weight", \.weight, .atLeast(0), "weight of the term at the end of its ramp"),
        .integer(
            "ramp-up", \.rampUp, .atLeast(0),
            "updates of the energy, over all phases, in which the weight rises"),
        .number("momentum", \.momentum, .halfOpen(0, 1), "decay of the averaged predictions")
            .when(\.kind, "kind", .temporalEnsembling),
    ])
}
