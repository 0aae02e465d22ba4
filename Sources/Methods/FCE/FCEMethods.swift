import EnergyModels
import Flows
import Schemas
import Training

// The rows of tables that end with a contrast of energy and flow.

extension Method {
    /// Energy and flow trained jointly.
    public static let fce = Method("fce", lastPhase: JointPhase.kind)
    public static let fceVAT = Method("fce-vat", lastPhase: JointPhase.kind, vat: .student)
    public static let fceVATTeacher = Method("fce-vat-teacher", lastPhase: JointPhase.kind, vat: .teacher)
    public static let fceMeanTeacher = Method(
        "fce-mean-teacher", lastPhase: JointPhase.kind, consistency: .meanTeacher)
    /// The energy against a fixed flow.
    public static let fceInit = Method("fce-init", lastPhase: FixedFlowPhase.kind)
    public static let fceInitVAT = Method("fce-init-vat", lastPhase: FixedFlowPhase.kind, vat: .student)
    public static let fceInitVATTeacher = Method(
        "fce-init-vat-teacher", lastPhase: FixedFlowPhase.kind, vat: .teacher)
    public static let fceInitMeanTeacher = Method(
        "fce-init-mean-teacher", lastPhase: FixedFlowPhase.kind, consistency: .meanTeacher)
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
    public static let methods: [Method] = [
        .fceInit, .fceInitVAT, .fceInitVATTeacher, .fceInitMeanTeacher, .nce,
    ]
}

extension JointPhase {
    public static let methods: [Method] = [.fce, .fceVAT, .fceVATTeacher, .fceMeanTeacher]
}
