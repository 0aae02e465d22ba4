import Flows
import Probes
import Schemas

/// `[probe]`: linear classifiers on the features of the trained network, after the last phase.
public struct ProbePlan: Sendable, Equatable {
    public typealias Classifier = LinearMethod

    /// Labelled images of a draw, 0 for all; empty: no probe.
    public var labels: [Int] = []
    /// Draws of the labelled images that are tested.
    public var draws = 100
    /// Training images kept apart to choose C by.
    public var holdOut = 1500
    public var classifier = Classifier.svm
    /// `all`, `top`, or names.
    public var layers = ["all"]
    /// The values of C to choose among, rising: the protocol's in every recipe, of which it is no key.
    public var costs = ProbeSettings.costs

    public init() {}

    package static let table = Schema<ProbePlan>([
        .list(
            "labels", \.labels, "an array of integers, each at least 0",
            "labelled images of a draw; 0: all; empty: no probe",
            read: { node in
                guard case .integer(let count) = node, count >= 0 else { return nil }
                return count
            },
            write: { .integer($0) }),
        .integer("draws", \.draws, .atLeast(1), "draws of the labelled images that are tested"),
        .integer("hold-out", \.holdOut, .atLeast(1), "training images kept apart to choose C by"),
        .choice("classifier", \.classifier, "support vector machine or logistic regression"),
        .list(
            "layers", \.layers, "an array of strings", "convolutions: all, top, or names such as conv2",
            read: { node in
                guard case .string(let name) = node, !name.isEmpty else { return nil }
                return name
            },
            write: { .string($0) }),
    ])

    /// - Parameter recipe: its seeds move the draws and choose the images held out.
    package func settings(of recipe: Recipe) -> ProbeSettings {
        var settings = ProbeSettings()
        settings.method = classifier
        settings.costs = costs
        settings.draws = draws
        settings.holdOut = holdOut
        settings.seed = UInt64(recipe.seed)
        settings.holdOutSeed = UInt64(recipe.heldOutSeed)
        return settings
    }

    /// Shrinks the probe for a smoke run: all labels of a few images, with some of every class.
    package mutating func shrink() {
        guard !labels.isEmpty else { return }
        (labels, draws, holdOut) = ([0], min(draws, 2), min(holdOut, 16))
    }
}
