import System
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// Every refusal of a recipe that advises a value: followed, the advice ends that refusal.
@Suite struct AdviceTests {
    private static let critic = """
        method = "dcgan"
        [data]
        source = "synthetic"
        [energy]
        base = "none"
        head = "plain"
        classes = 1
        [[phase]]
        kind = "adversarial"
        steps = 5
        """
    private static let chains = critic.replacing("dcgan", with: "persistent-cd")
        .replacing("adversarial", with: "chains")
    private static let gan = critic.replacing("dcgan", with: "gan-feature-matching")
        .replacing("adversarial", with: "gan").replacing("classes = 1", with: "classes = 10")
        .replacing("\"synthetic\"", with: "\"synthetic\"\nlabels = 20")
    private static let plane = """
        method = "nce"
        [data]
        source = "plane"
        [flow]
        kind = "plane"
        couplings = 0
        [energy]
        network = "mlp"
        classes = 1
        [[phase]]
        kind = "flow-mle"
        steps = 1
        [[phase]]
        kind = "energy"
        steps = 5
        """
    private static let supervised = """
        method = "supervised"
        [data]
        source = "synthetic"
        labels = 20
        [[phase]]
        kind = "supervised"
        steps = 5
        """

    static let cases: [(recipe: String, change: [String])] =
        [
            ["data.labels=501"], ["data.labels=5"], ["energy.classes=1"], ["data.all-labels=true"],
            ["flow.levels=6"], ["data.source=plane", "energy.network=mlp"], ["energy.network=mlp"],
            ["energy.dropout=[0.1]"], ["energy.priors=[0.5, 0.5]"],
            ["energy.classes=2", "energy.priors=[0.5, 0.6]"],
            ["energy.normalize-logits=true"], ["energy.normalization=batch"], ["phase.joint.gate.low=0.9"],
            ["phase.joint.draws=3"], ["phase.energy.steps=0"], ["vat.weight=1"], ["method=fce-vat"],
            ["method=fce-vat-teacher", "vat.weight=1"],
            ["method=fce-vat-teacher", "vat.weight=1", "vat.target=teacher"], ["method=pi-model"],
            ["evaluate.snapshots=5"], ["probe.draws=4"],
            ["probe.labels=[0]", "probe.layers=[]"], ["energy.outputs=3"], ["data.labels=0"],
            ["label.weight=0"], ["data.final=true"], ["data.final=true", "data.validation=0"],
            ["consistency.kind=pi-model"],
        ].map { (smallRecipe, $0) }
        + [
            ["data.labels=0"], ["method=random-init"], ["method=vat-entropy", "vat.weight=1"],
            ["method=mean-teacher", "consistency.kind=mean-teacher"], ["data.size=30", "flow.levels=3"],
            ["data.size=33"], ["data.size=8", "flow.levels=3"], ["energy.head=experts"],
            ["energy.normalization=batch", "vat.weight=1", "vat.direction=exact", "method=vat"],
        ].map { (supervised, $0) }
        + [
            ["energy.base=moving"], ["energy.head=gain"], ["data.size=28", "flow.levels=2"],
            ["energy.classes=10"],
            ["data.labels=10"], ["energy.outputs=4"], ["phase.1.loss=repulsive", "phase.1.batch=1"],
            ["phase.1.loss=deep-directed"], ["phase.1.loss=gradient-penalty"], ["phase.1.loss=hinge"],
        ].map { (critic, $0) }
        + [
            ["energy.base=moving"], ["energy.head=gain"], ["energy.classes=10"], ["entropy.weight=1"],
            ["method=one-step-cd"],
            ["method=one-step-cd", "phase.1.chains.start=data", "phase.1.chains.steps=3"],
            ["phase.1.chains.buffer=10"], ["method=multigrid"],
        ].map { (chains, $0) }
        + [
            ["energy.outputs=4"], ["data.labels=0"], ["energy.classes=1", "data.labels=0"],
            ["energy.base=moving"],
        ].map { (gan, $0) }
        + [
            ["phase.1.steps=7"], ["flow.couplings=4"], ["input.noise=1"], ["flow.kind=glow"],
            ["energy.network=conv-small"], ["data.final=true"],
        ].map { (plane, $0) }

    @Test(arguments: cases) func whatIsAdvisedWorks(recipe: String, change: [String]) throws {
        _ = try Recipe.parse(recipe)
        let error = try #require(
            #expect(throws: UserError.self) { try Recipe.parse(recipe, overrides: change) })
        let advised = Advice.changes(error.advice ?? "")
        #expect(!advised.isEmpty || Self.isPlain(error.advice), "\(error)")
        guard !advised.isEmpty else { return }
        do {
            _ = try Recipe.parse(recipe, overrides: change + advised)
        } catch let next as UserError {
            #expect(next.what != error.what, "\(error) — followed by \(advised): \(next)")
            #expect(!next.what.contains("takes "), "\(error) — followed by \(advised): \(next)")
        }
    }

    /// Advice that names no value, but says what to leave out or to choose.
    private static func isPlain(_ advice: String?) -> Bool {
        guard let advice else { return false }
        return ["remove", "change", "take images", "leave out"].contains { advice.hasPrefix($0) }
    }

    @Test(arguments: [
        ("phase.steps=10", "`phase.steps` does not say which phase"),
        ("phase.optimizer.rate=1e-3", "`phase.optimizer.rate` does not say which phase"),
        ("phase.4.steps=10", "no phase `4`"), ("phase.gan.steps=10", "no phase `gan`"),
    ])
    func phasesAreNamedByKindOrNumber(change: String, what: String) throws {
        let error = #expect(throws: UserError.self) { try Recipe.parse(smallRecipe, overrides: [change]) }
        #expect(error?.what == what)
        let key = change.contains("optimizer") ? "optimizer.rate" : "steps"
        #expect(
            error?.advice
                == "name it by its kind or its number from 1: phase.flow-mle.\(key), phase.energy.\(key), phase.joint.\(key)"
        )
        let twice = smallRecipe + "[[phase]]\nkind = \"joint\"\nsteps = 20\n"
        let other = #expect(throws: UserError.self) { try Recipe.parse(twice, overrides: ["phase.steps=1"]) }
        #expect(
            other?.advice?.hasSuffix("phase.energy.steps, phase.3.steps (joint), phase.4.steps (joint)")
                == true)
        #expect(
            try Recipe.parse(smallRecipe, overrides: ["phase.joint.steps=9", "phase.1.steps=8"]).phases.map(
                \.steps) == [8, 50, 9])
    }
}
