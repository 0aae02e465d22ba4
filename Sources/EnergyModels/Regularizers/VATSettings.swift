import Schemas

/// `[vat]`: virtual adversarial training (Miyato et al. 2018) on unlabelled images.
public struct VATSettings: Sendable, Equatable {
    public typealias Direction = AdversarialDirection
    public typealias Target = AdversarialTarget
    public enum Masks: String, CaseIterable, Sendable { case shared, fresh }

    public var weight = 0.0
    /// Length of the perturbation, in the units of x/256 − 0.5.
    public var epsilon = 2.5
    /// Power iterations.
    public var steps = 1
    public var direction = Direction.exact
    /// Length of the finite difference; below 1e-2 float32 loses the direction.
    public var stepNorm = 0.1
    public var dropout = Masks.shared
    public var target = Target.student
    /// Updates of the energy over which the weight rises, in all phases together.
    public var rampUp = 0

    public init() {}

    /// The regulariser that the settings describe.
    public var term: VirtualAdversarial {
        VirtualAdversarial(
            radius: epsilon, iterations: steps, direction: direction, step: stepNorm,
            sharesMasks: dropout == .shared, target: target)
    }
}

extension VATSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<VATSettings>([
        .number("weight", \.weight, .atLeast(0), "weight of the term; 0 turns it off"),
        .number(
            "epsilon", \.epsilon, .above(0),
            "length of the perturbation in units of x/256 - 0.5, before images are standardised"),
        .integer("steps", \.steps, .between(1, 10), "number of power iterations"),
        .choice(
            "direction", \.direction,
            "how the direction is found: by a finite difference, or by the exact Fisher-vector product"),
        .number("step-norm", \.stepNorm, .between(1e-6, 10), "length of the step of the finite difference"),
        .choice("dropout", \.dropout, "dropout masks: the same in all passes, or fresh ones"),
        .choice(
            "target", \.target,
            "whose answer is asked for near an image: the classifier's own, or the averaged weights'"
        ).later(\.target, default: .student),
        .integer(
            "ramp-up", \.rampUp, .atLeast(0),
            "updates of the energy, over all phases, in which the weight rises"
        ).later(\.rampUp, default: 0),
    ])
}
