import Flows
import Schemas
import Training

// The rows of tables that end with a contrast of energy and flow.

extension Method {
    /// Energy and flow trained jointly.
    public static let fce = Method("fce", lastPhase: JointPhase.kind)
    public static let fceVAT = Method("fce-vat", lastPhase: JointPhase.kind, usesVAT: true)
    /// The energy against a fixed flow.
    public static let fceInit = Method("fce-init", lastPhase: FixedFlowPhase.kind)
    public static let fceInitVAT = Method("fce-init-vat", lastPhase: FixedFlowPhase.kind, usesVAT: true)
    /// Noise contrastive estimation: the energy against a Gaussian that is fitted to the data.
    public static let nce = Method("nce", lastPhase: FixedFlowPhase.kind) { recipe, root in
        try require(
            recipe.flow.isGaussian
                && recipe.phases.map(\.kind) == [FlowLikelihood.kind, FixedFlowPhase.kind],
            root.entering("method"),
            "method \"nce\" contrasts the energy with a Gaussian fitted to the data",
            advice: "set flow.couplings = 0, with phases of kind \"flow-mle\" and \"energy\"")
    }
}

extension FixedFlowPhase {
    public static let methods: [Method] = [.fceInit, .fceInitVAT, .nce]
}

extension JointPhase {
    public static let methods: [Method] = [.fce, .fceVAT]
}
