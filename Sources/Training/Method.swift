import EnergyModels
import Schemas

/// A row of a table: a name for a combination of phases and terms of the loss. The phases decide what is trained; the label
/// says what the combination is called, and a recipe whose label does not fit its phases is refused.
public struct Method: Sendable {
    /// The word in recipes and tables, such as `fce-vat`.
    public let name: String
    /// The kind of the last phase.
    public let lastPhase: String
    /// The target of virtual adversarial training where that is part of the method; nil where it is not.
    public let vat: VATSettings.Target?
    /// The kind of consistency that is part of it.
    public let consistency: ConsistencySettings.Kind
    /// Whether such a run tells classes apart; an unsupervised row does not.
    public let classifies: Bool
    /// Throws `UserError(.recipe)` where something else contradicts the label.
    package let check: @Sendable (Recipe, SchemaCursor) throws -> Void

    public init(
        _ name: String, lastPhase: String, vat: VATSettings.Target? = nil,
        consistency: ConsistencySettings.Kind = .none, classifies: Bool = true,
        check: @escaping @Sendable (Recipe, SchemaCursor) throws -> Void = { _, _ in }
    ) {
        self.name = name
        self.lastPhase = lastPhase
        self.vat = vat
        self.consistency = consistency
        self.classifies = classifies
        self.check = check
    }
}

extension Method: Equatable {
    public static func == (first: Method, second: Method) -> Bool { first.name == second.name }
}
