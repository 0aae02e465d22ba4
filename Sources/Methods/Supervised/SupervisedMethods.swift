import EnergyModels
import Schemas
import Training

// The rows of tables that train a classifier on labels and regularisers.

extension Method {
    public static let supervised = Method("supervised", lastPhase: SupervisedPhase.kind)
    public static let vat = Method("vat", lastPhase: SupervisedPhase.kind, vat: .student)
    public static let vatEntropy = Method("vat-entropy", lastPhase: SupervisedPhase.kind, vat: .student) {
        try require(
            $0.entropy.weight > 0, $1.entering("method"),
            "method \"vat-entropy\" needs a weight of the entropy", advice: "set entropy.weight = 1")
    }
    public static let piModel = Method(
        "pi-model", lastPhase: SupervisedPhase.kind, consistency: .piModel)
    public static let temporalEnsembling = Method(
        "temporal-ensembling", lastPhase: SupervisedPhase.kind, consistency: .temporalEnsembling)
    public static let meanTeacher = Method(
        "mean-teacher", lastPhase: SupervisedPhase.kind, consistency: .meanTeacher)
    /// VAT against the averaged weights.
    public static let vatTeacher = Method("vat-teacher", lastPhase: SupervisedPhase.kind, vat: .teacher)
    /// The network as initialised from data, untrained: what a probe of features is compared with.
    public static let randomInit = Method("random-init", lastPhase: SupervisedPhase.kind) { recipe, root in
        for (index, phase) in recipe.phases.enumerated() {
            let place = root.entering("phase").element(index).entering("steps")
            try require(
                phase.steps == 0, place, "method \"random-init\" trains nothing",
                advice: "set \(place.key) = 0")
        }
    }
}

extension SupervisedPhase {
    public static let methods: [Method] = [
        .supervised, .vat, .vatEntropy, .piModel, .temporalEnsembling, .meanTeacher, .vatTeacher, .randomInit,
    ]
}
