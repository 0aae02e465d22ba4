import Training

/// Every kind of phase: a new one is added here and known everywhere.
public enum Phases {
    public static let all: [any Phase.Type] = [
        FlowLikelihood.self, FixedFlowPhase.self, JointPhase.self, SupervisedPhase.self, GANPhase.self,
        ChainsPhase.self, JEMPhase.self, VAEPhase.self, AdversarialPhase.self,
    ]

    public static let kinds = all.map { $0.kind }

    /// The phase of that word in recipes; nil where there is none.
    public static func phase(_ kind: String) -> (any Phase.Type)? { all.first { $0.kind == kind } }
}

extension Method {
    /// Every row that tables may have.
    public static let all = Phases.all.flatMap { $0.methods }

    /// The row of that name; nil where there is none.
    public init?(named name: String) {
        guard let method = Self.all.first(where: { $0.name == name }) else { return nil }
        self = method
    }
}
