import Methods
import Schemas

/// The phases of a first recipe, with the optimisers of the built-in recipes.
extension StartingChoices {
    package func writePhases(_ text: inout RecipeText) {
        text.gap()
        text.comment(lengthReason)
        text.comment(
            "Optimisers are the built-in recipes': rates rise over the steps of `warmup` and fall to 0 after the share "
                + "`decay-start` of the phase; a gradient longer than `clip` is shortened.")
        switch method {
        case .vat, .supervised: writeSupervised(&text)
        case .flow: writeFlow(&text)
        default:
            writeFlow(&text)
            writeEnergy(&text)
            writeJoint(&text)
        }
    }

    private func writeFlow(_ text: inout RecipeText) {
        text.phase(FlowLikelihood.kind, "The flow alone, by maximum likelihood.")
        text.set("steps", .integer(scale.flowSteps))
        text.lines(
            scale.isSmall
                ? #"optimizer = { kind = "adamax", rate = 2e-3, warmup = 100, clip = 10.0, decay = "linear", decay-start = 0.6 }"#
                : #"optimizer = { kind = "adamax", rate = 1e-3, warmup = 200, clip = 1.0, decay = "linear", decay-start = 0.7 }"#
        )
    }

    private func writeSupervised(_ text: inout RecipeText) {
        text.phase(SupervisedPhase.kind, "The classifier.")
        text.set("steps", .integer(scale.supervisedSteps))
        text.lines(#"optimizer = { kind = "adam", rate = 1e-3, decay = "linear", decay-start = 0.6 }"#)
    }

    private func writeEnergy(_ text: inout RecipeText) {
        text.phase(
            FixedFlowPhase.kind,
            "The energy learns to tell images from the flow's samples, and the classes with it.")
        text.set("steps", .integer(scale.energySteps))
        text.set("pool", .integer(scale.pool), "Samples of the flow that are held at once.")
        text.lines(
            #"optimizer = { kind = "adam", rate = 1e-3, decay = "linear", decay-start = 0.6, clip = 10.0 }"#)
    }

    private func writeJoint(_ text: inout RecipeText) {
        text.phase(JointPhase.kind, "Energy and flow in turns: the flow learns from the energy too.")
        text.set("steps", .integer(scale.jointSteps))
        text.comment(
            "The flow follows the energy slowly, through its samples, and a little of its likelihood keeps it a density. With "
                + "a cap of 1 the gate makes energy and flow take turns.")
        text.lines(
            #"""
            optimizer = { kind = "adam", rate = 1e-3, decay = "linear", decay-start = 0.0, clip = 10.0 }
            flow-optimizer = { kind = "adamax", rate = 1e-5 }
            flow-gradient = "pathwise"
            """#)
        text.lines("likelihood = \(scale.isSmall ? "1e-3" : "1e-4")")
        text.lines("gate = { high = 0.5, low = 0.5, smoothing = 0.9, cap = 1 }")
    }
}
