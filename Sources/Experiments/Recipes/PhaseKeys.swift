import EnergyModels
import Networks
import Schemas

/// The keys of a `[[phase]]`.
extension Recipe {
    static let phase = Schema<PhaseRecipe>([
        .variant("kind", \.kind, "what is trained", defaults: PhaseRecipe.init).required(),
        .integer(
            "steps", \.steps, .atLeast(0),
            "number of updates; a joint phase counts the energy's, an adversarial one the generator's"
        ).required(),
        .integer("batch", \.batch, .between(1, 65536), "unlabelled images in each update"),
        .integer("labelled-batch", \.labelledBatch, .between(1, 65536), "labelled images in each update")
            .when(\.kind, "kind", .energy, .joint, .supervised, .gan),
        .table(
            "optimizer", \.optimizer, optimizer,
            "optimiser of the phase's model; of the energy where there are two models"
        ),
        .table("flow-optimizer", \.flowOptimizer, optimizer, "optimiser of the flow").when(
            \.kind, "kind", .joint),
        .table("generator-optimizer", \.generatorOptimizer, optimizer, "optimiser of the generator")
            .when(\.kind, "kind", .gan, .adversarial),
        .table(
            "chains", \.chains, ChainsRecipe.table, "how the energy is sampled",
            variants: ChainsRecipe.Start.allCases.map { ("start \($0.rawValue)", ChainsRecipe(start: $0)) }
        )
        .when(\.kind, "kind", .chains),
        .choice("observation", \.observation, "the decoder's p(x|z): normal, or a discretized logistic")
            .when(\.kind, "kind", .vae),
        .choice("loss", \.loss, "what critic and generator minimise").when(\.kind, "kind", .adversarial),
        .integer(
            "critic-steps", \.criticSteps, .between(1, 1000),
            "updates of the critic for each update of the generator"
        )
        .when(\.kind, "kind", .adversarial),
        .number("weight-clip", \.weightClip, .above(0), "largest magnitude of the critic's weights")
            .when(\.loss, "loss", .wasserstein),
        .number(
            "penalty-weight", \.penaltyWeight, .above(0),
            "λ, the weight of the penalty on the critic's gradient"
        )
        .when(\.loss, "loss", .gradientPenalty),
        .number("value-weight", \.valueWeight, .atLeast(0), "weight of V, eq. 12")
            .when(\.kind, "kind", .energy, .joint, .gan),
        .integer("pool", \.pool, .atLeast(0), "samples of the fixed flow that are kept; 0 draws fresh ones")
            .when(\.kind, "kind", .energy),
        .integer(
            "pool-uses", \.poolUses, .atLeast(1), "how often a kept sample is used before another replaces it"
        )
        .when(\.kind, "kind", .energy),
        .integer(
            "draws", \.draws, .between(0, 100),
            "cached dequantisation draws of each image; 0 draws fresh noise"
        )
        .when(\.kind, "kind", .energy, .joint),
        .table("gate", \.gate, gate, "which model is updated next").when(\.kind, "kind", .joint),
        .choice("objective", \.objective, "what the flow minimises").when(\.kind, "kind", .joint),
        .number("likelihood", \.likelihood, .atLeast(0), "weight of -log q on images in the flow's loss")
            .when(\.kind, "kind", .joint),
        .choice(
            "flow-gradient", \.flowGradient,
            "the part of V's gradient that the flow follows: all, or through its samples alone"
        )
        .when(\.kind, "kind", .joint),
        .number(
            "guard", \.divergenceGuard, .above(0), "largest rise of held-out bits/dim before the run stops"
        )
        .when(\.kind, "kind", .joint),
    ])

    private static let optimizer = Schema<OptimizerRecipe>([
        .choice("kind", \.kind, "update rule"),
        .number("rate", \.rate, .above(0), "learning rate"),
        .number("beta1", \.beta1, .halfOpen(0, 1), "decay of the first moment")
            .when(\.kind, "kind", .adam, .adamax, .adamaxGlow),
        .number("beta2", \.beta2, .halfOpen(0, 1), "decay of the second moment, or of the norm"),
        .number("epsilon", \.epsilon, .above(0), "number added to the denominator"),
        .integer("warmup", \.warmup, .atLeast(0), "steps over which the rate rises"),
        .choice("warmup-shape", \.warmupShape, "how it rises: t, or exp(-5(1 - t)^2)"),
        .number(
            "warmup-beta2", \.warmupBeta2, .halfOpen(0, 1), "beta2 during these steps; 0 leaves it as it is"),
        .choice("decay", \.decay, "how the rate falls: not, 1 - t, or exp(-12.5 t^2)"),
        .number("decay-start", \.decayStart, .between(0, 1), "share of the phase after which it falls")
            .when(\.decay, "decay", .linear, .gaussian),
        .number(
            "decay-beta1", \.decayBeta1, .halfOpen(0, 1), "beta1 while the rate falls; 0 leaves it as it is"
        )
        .when(\.decay, "decay", .linear, .gaussian),
        .number(
            "clip", \.clip, .atLeast(0),
            "largest norm of the gradient, which is scaled down to it; 0 means no limit"),
    ])

    private static let gate = Schema<GateRecipe>([
        .number("high", \.high, .between(0, 1), "the energy is updated until its accuracy is above"),
        .number("low", \.low, .between(0, 1), "the flow is updated until the accuracy is below"),
        .number(
            "smoothing", \.smoothing, .halfOpen(0, 1),
            "decay of the averaged accuracy; 0 takes the last update's"),
        .integer("cap", \.cap, .atLeast(0), "most updates in one turn; 1 alternates, 0 means no limit"),
    ])
}
