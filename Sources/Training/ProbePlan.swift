import Flows
import Probes
import Schemas

/// `[probe]`: linear classifiers on the features of the trained network, after the last phase.
public struct ProbePlan: Sendable, Equatable {
    /// Labelled images of a draw, 0 for all; empty: no probe.
    public var labels: [Int] = []
    /// `all`, `top`, or names.
    public var layers = ["all"]
    /// How classifiers are trained and tested. The values of C are the protocol's in every recipe, and the seeds follow the
    /// recipe's: neither has a key.
    public var settings = ProbeSettings()

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
        .integer("draws", \.settings.draws, .atLeast(1), "draws of the labelled images that are tested"),
        .integer("hold-out", \.settings.holdOut, .atLeast(1), "training images kept apart to choose C by"),
        .choice("classifier", \.settings.method, "support vector machine or logistic regression"),
        .list(
            "layers", \.layers, "an array of strings", "convolutions: all, top, or names such as conv2",
            read: { node in
                guard case .string(let name) = node, !name.isEmpty else { return nil }
                return name
            },
            write: { .string($0) }),
    ])

    /// The settings with the seeds of a recipe, which move the draws and choose the images held out.
    package func settings(of recipe: Recipe) -> ProbeSettings {
        var settings = settings
        settings.seed = UInt64(recipe.seed)
        settings.holdOutSeed = UInt64(recipe.heldOutSeed)
        return settings
    }

    /// Shrinks the probe for a smoke run: all labels of a few images, with some of every class.
    package mutating func shrink() {
        guard !labels.isEmpty else { return }
        labels = [0]
        (settings.draws, settings.holdOut) = (min(settings.draws, 2), min(settings.holdOut, 16))
    }
}
