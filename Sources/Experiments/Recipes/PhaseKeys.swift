import EnergyModels
import Networks

/// The keys of a `[[phase]]`.
extension Recipe {
    static let phase = RecipeTable<PhaseRecipe>([
        .variant("kind", \.kind, "what is trained", defaults: PhaseRecipe.init).required(),
        .integer(
            "steps", \.steps, .atLeast(0),
            "updates; of the energy in a joint phase, of the generator in an adversarial one"
        ).required(),
        .integer("batch", \.batch, .between(1, 65536), "unlabelled images an update"),
        .integer("labelled-batch", \.labelledBatch, .between(1, 65536), "labelled images an update")
            .when(\.kind, "kind", .energy, .joint, .supervised, .gan),
        .table(
            "optimizer", \.optimizer, optimizer, "of the phase's model; the energy's where there are two"
        ),
        .table("flow-optimizer", \.flowOptimizer, optimizer, "of the flow").when(\.kind, "kind", .joint),
        .table("generator-optimizer", \.generatorOptimizer, optimizer, "of the generator")
            .when(\.kind, "kind", .gan, .adversarial),
        .table(
            "chains", \.chains, ChainsRecipe.table, "how the energy is sampled",
            variants: ChainsRecipe.Start.allCases.map { ("start \($0.rawValue)", ChainsRecipe(start: $0)) }
        )
        .when(\.kind, "kind", .chains),
        .choice("observation", \.observation, "p(x|z) of the decoder: normal, or a discretized logistic")
            .when(\.kind, "kind", .vae),
        .choice("loss", \.loss, "what critic and generator minimise").when(\.kind, "kind", .adversarial),
        .integer("critic-steps", \.criticSteps, .between(1, 1000), "the critic's updates for each update")
            .when(\.kind, "kind", .adversarial),
        .number("weight-clip", \.weightClip, .above(0), "largest magnitude of the critic's weights")
            .when(\.loss, "loss", .wasserstein),
        .number("penalty-weight", \.penaltyWeight, .above(0), "λ, of the penalty on the critic's gradient")
            .when(\.loss, "loss", .gradientPenalty),
        .number("value-weight", \.valueWeight, .atLeast(0), "weight of V, eq. 12")
            .when(\.kind, "kind", .energy, .joint, .gan),
        .integer("pool", \.pool, .atLeast(0), "samples of the fixed flow held at once; 0: fresh ones")
            .when(\.kind, "kind", .energy),
        .integer("pool-uses", \.poolUses, .atLeast(1), "uses of a sample before another takes its place")
            .when(\.kind, "kind", .energy),
        .integer("draws", \.draws, .between(0, 100), "cached dequantisation draws an image; 0: fresh noise")
            .when(\.kind, "kind", .energy, .joint),
        .table("gate", \.gate, gate, "who is updated next").when(\.kind, "kind", .joint),
        .choice("objective", \.objective, "what the flow minimises").when(\.kind, "kind", .joint),
        .number("likelihood", \.likelihood, .atLeast(0), "of -log q on data in what the flow minimises")
            .when(\.kind, "kind", .joint),
        .choice("flow-gradient", \.flowGradient, "of V: all of it, or through the samples alone")
            .when(\.kind, "kind", .joint),
        .number(
            "guard", \.divergenceGuard, .above(0), "largest rise of held-out bits/dim before the run stops"
        )
        .when(\.kind, "kind", .joint),
    ])

    private static let optimizer = RecipeTable<OptimizerRecipe>([
        .choice("kind", \.kind, "update rule"),
        .number("rate", \.rate, .above(0), "learning rate"),
        .number("beta1", \.beta1, .halfOpen(0, 1), "decay of the first moment")
            .when(\.kind, "kind", .adam, .adamax, .adamaxGlow),
        .number("beta2", \.beta2, .halfOpen(0, 1), "decay of the second moment, or of the norm"),
        .number("epsilon", \.epsilon, .above(0), "added to the denominator"),
        .integer("warmup", \.warmup, .atLeast(0), "steps over which the rate rises"),
        .choice("warmup-shape", \.warmupShape, "how it rises: t, or exp(-5(1 - t)^2)"),
        .number("warmup-beta2", \.warmupBeta2, .halfOpen(0, 1), "beta2 of those steps; 0: the same"),
        .choice("decay", \.decay, "how the rate falls: not, 1 - t, or exp(-12.5 t^2)"),
        .number("decay-start", \.decayStart, .between(0, 1), "share of the phase after which it falls")
            .when(\.decay, "decay", .linear, .gaussian),
        .number("decay-beta1", \.decayBeta1, .halfOpen(0, 1), "beta1 while the rate falls; 0: the same")
            .when(\.decay, "decay", .linear, .gaussian),
        .number("clip", \.clip, .atLeast(0), "largest norm of the gradient; 0: any"),
    ])

    private static let gate = RecipeTable<GateRecipe>([
        .number("high", \.high, .between(0, 1), "the energy is updated until its accuracy is above"),
        .number("low", \.low, .between(0, 1), "the flow is updated until the accuracy is below"),
        .number("smoothing", \.smoothing, .halfOpen(0, 1), "of the averaged accuracy; 0: the last update's"),
        .integer("cap", \.cap, .atLeast(0), "most updates a turn; 0: any number"),
    ])
}
