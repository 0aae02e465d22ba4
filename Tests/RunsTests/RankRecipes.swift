import Testing

/// Small recipes on generated images, one for each kind of phase and each network that ranks could get wrong.
struct RankRecipe: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    /// Whether batches decide what a layer does, so that every rank has one shard.
    var usesBatchStatistics = false

    var testDescription: String { name }

    static let all = [
        flow, contrastive, joint, tilted, supervised, batchNorm, meanOnly, ensembling, teacher,
        adversarialTeacher,
        gan,
        critic("gradient-penalty", "wgan-gp"), critic("hinge", "sn-gan", normalization: "spectral"),
        critic("repulsive", "mmd-gan", "head = \"plain\"\noutputs = 4", normalization: "spectral"),
        critic("deep-directed", "ddgm", "head = \"experts\"\nexperts = 6", normalization: "weight"),
        critic("wasserstein", "wgan"), critic("non-saturating", "dcgan", normalization: "batch-after-first"),
        chains("persistent"), chains("data"), chains("coarser-grid"), jem, vae,
    ]

    private static func images(_ method: String, labels: Int = 8) -> String {
        RecipePart.images(method, labels: labels, test: 15, head: "log.every = 1")
    }

    static let flow = RankRecipe(
        name: "flow-mle",
        text: images("flow", labels: 0) + RecipePart.glow + "[energy]\nclasses = 1\n"
            + RecipePart.phase("flow-mle", steps: 4))

    /// Dropout, VAT in both directions by its self-check, entropy, base none, pool and draws.
    static let contrastive = RankRecipe(
        name: "energy with VAT",
        text: images("fce-init-vat") + RecipePart.glow
            + RecipePart.classifier("base = \"none\"\ndropout = [0.2, 0.5, 0.5]")
            + "[vat]\nweight = 0.5\n[entropy]\nweight = 0.1\n" + RecipePart.phase("flow-mle", steps: 2)
            + RecipePart.phase("energy", steps: 4, labels: 4, "pool = 32\ndraws = 1"))

    static let joint = RankRecipe(
        name: "joint",
        text: images("fce") + RecipePart.glow + RecipePart.classifier("base = \"none\"\nhead = \"gain\"")
            + RecipePart.phase("flow-mle", steps: 2)
            + RecipePart.phase(
                "joint", steps: 3, labels: 4, "likelihood = 0.1\n\(RecipePart.alternating)"))

    /// Base flow, with fresh samples.
    static let tilted = RankRecipe(
        name: "joint, base flow",
        text: images("fce") + RecipePart.glow + RecipePart.classifier("base = \"flow\"")
            + RecipePart.phase("flow-mle", steps: 2) + RecipePart.phase("energy", steps: 2, labels: 4)
            + RecipePart.phase(
                "joint", steps: 3, labels: 4, "flow-gradient = \"pathwise\"\n\(RecipePart.alternating)"))

    private static func supervised(
        _ name: String, _ method: String, _ energy: String, _ more: String = "", batchStatistics: Bool = false
    ) -> RankRecipe {
        RankRecipe(
            name: name,
            text: images(method) + RecipePart.classifier(energy) + more + "\n"
                + RecipePart.phase("supervised", steps: 4, labels: 4), usesBatchStatistics: batchStatistics)
    }

    static let supervised = supervised(
        "supervised with VAT by differences", "vat", "dropout = [0.2, 0.5, 0.5]",
        """
        [input]
        noise = 0.1
        translate = 2
        standardize = true
        [vat]
        weight = 1.0
        direction = "difference"
        dropout = "fresh"
        """)
    static let batchNorm = supervised(
        "Π-model with batch normalisation", "pi-model",
        "normalization = \"batch\"\ndropout = [0.2, 0.5, 0.5]",
        "[consistency]\nkind = \"pi-model\"\nweight = 1.0", batchStatistics: true)
    static let meanOnly = supervised(
        "mean-only batch normalisation", "supervised", "normalization = \"mean-only\"", batchStatistics: true)
    static let ensembling = supervised(
        "temporal ensembling", "temporal-ensembling", "",
        "[consistency]\nkind = \"temporal-ensembling\"\nweight = 1.0")
    static let teacher = supervised(
        "mean teacher", "mean-teacher", "dropout = [0.2, 0.5, 0.5]",
        "[average]\ndecay = 0.9\n[consistency]\nkind = \"mean-teacher\"\nweight = 1.0")
    static let adversarialTeacher = supervised(
        "VAT against a teacher", "vat-teacher", "dropout = [0.2, 0.5, 0.5]",
        "[average]\ndecay = 0.9\n[vat]\nweight = 1.0\ntarget = \"teacher\"\ndropout = \"fresh\"")

    static let gan = RankRecipe(
        name: "gan",
        text: images("gan-feature-matching") + RecipePart.classifier("base = \"none\"\nhead = \"plain\"")
            + RecipePart.generator + RecipePart.phase("gan", steps: 3, labels: 4), usesBatchStatistics: true)

    private static func critic(
        _ loss: String, _ method: String, _ more: String = "head = \"plain\"", normalization: String = "none"
    ) -> RankRecipe {
        RankRecipe(
            name: method,
            text: images(method, labels: 0)
                + RecipePart.critic("normalization = \"\(normalization)\"\n\(more)") + RecipePart.generator
                + RecipePart.phase("adversarial", steps: 3, "loss = \"\(loss)\"\ncritic-steps = 2"),
            usesBatchStatistics: true)
    }

    private static func chains(_ start: String) -> RankRecipe {
        let (method, keys) =
            switch start {
            case "persistent": ("persistent-cd", "steps = 3, buffer = 40")
            case "data": ("one-step-cd", "steps = 1")
            default: ("multigrid", "grids = [4, 8], steps = 3")
            }
        return RankRecipe(
            name: "chains, \(start)",
            text: images(method, labels: 0) + RecipePart.critic()
                + RecipePart.phase("chains", steps: 4, "chains = { start = \"\(start)\", \(keys) }"))
    }

    static let jem = RankRecipe(
        name: "jem",
        text: images("jem") + RecipePart.classifier("base = \"none\"\nhead = \"plain\"")
            + RecipePart.phase("jem", steps: 3, labels: 4, "chains = { steps = 2, buffer = 24 }"))

    static let vae = RankRecipe(
        name: "vae",
        text: images("vae", labels: 0) + RecipePart.critic() + RecipePart.generator
            + RecipePart.phase("vae", steps: 3), usesBatchStatistics: true)
}
