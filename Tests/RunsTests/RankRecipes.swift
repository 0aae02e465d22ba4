import Testing

/// Small recipes on generated images, one for each kind of phase and each network that ranks could get wrong.
struct RankRecipe: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    /// Whether batches decide what a layer does, so that every rank has one shard.
    var usesBatchStatistics = false

    var testDescription: String { name }

    static let all = [
        flow, contrastive, joint, tilted, supervised, batchNorm, meanOnly, ensembling, teacher, gan,
        critic("gradient-penalty", "wgan-gp"), critic("hinge", "sn-gan", normalization: "spectral"),
        critic("repulsive", "mmd-gan", "head = \"plain\"\noutputs = 4", normalization: "spectral"),
        critic("deep-directed", "ddgm", "head = \"experts\"\nexperts = 6", normalization: "weight"),
        critic("wasserstein", "wgan"), critic("non-saturating", "dcgan", normalization: "batch-after-first"),
        chains("persistent"), chains("data"), chains("coarser-grid"), jem, vae,
    ]

    private static func images(_ method: String, labels: Int = 8) -> String {
        """
        method = "\(method)"
        precision = "float32"
        log.every = 1
        [data]
        source = "synthetic"
        size = 16
        channels = 1
        labels = \(labels)
        train = 48
        test = 15
        validation = 8
        """
    }

    private static let glow = """

        [flow]
        kind = "glow"
        levels = 2
        blocks = 1
        width = 4
        """

    static let flow = RankRecipe(
        name: "flow-mle",
        text: images("flow", labels: 0) + glow + """

            [energy]
            classes = 1
            [[phase]]
            kind = "flow-mle"
            steps = 4
            batch = 8
            """)

    /// Dropout, VAT in both directions by its self-check, entropy, base none, pool and draws.
    static let contrastive = RankRecipe(
        name: "energy with VAT",
        text: images("fce-init-vat") + glow + """

            [energy]
            network = "conv-small"
            base = "none"
            classes = 4
            width = 0.05
            dropout = [0.2, 0.5, 0.5]
            [vat]
            weight = 0.5
            [entropy]
            weight = 0.1
            [[phase]]
            kind = "flow-mle"
            steps = 2
            batch = 8
            [[phase]]
            kind = "energy"
            steps = 4
            batch = 8
            labelled-batch = 4
            pool = 32
            draws = 1
            """)

    static let joint = RankRecipe(
        name: "joint",
        text: images("fce") + glow + """

            [energy]
            network = "conv-small"
            base = "none"
            head = "gain"
            classes = 4
            width = 0.05
            [[phase]]
            kind = "flow-mle"
            steps = 2
            batch = 8
            [[phase]]
            kind = "joint"
            steps = 3
            batch = 8
            labelled-batch = 4
            likelihood = 0.1
            gate = { high = 0.5, low = 0.5, smoothing = 0.0, cap = 1 }
            """)

    /// Base flow, with fresh samples.
    static let tilted = RankRecipe(
        name: "joint, base flow",
        text: images("fce") + glow + """

            [energy]
            network = "conv-small"
            base = "flow"
            classes = 4
            width = 0.05
            [[phase]]
            kind = "flow-mle"
            steps = 2
            batch = 8
            [[phase]]
            kind = "energy"
            steps = 2
            batch = 8
            labelled-batch = 4
            [[phase]]
            kind = "joint"
            steps = 3
            batch = 8
            labelled-batch = 4
            flow-gradient = "pathwise"
            gate = { high = 0.5, low = 0.5, smoothing = 0.0, cap = 1 }
            """)

    private static func supervised(
        _ name: String, _ method: String, _ energy: String, _ more: String = "", batchStatistics: Bool = false
    ) -> RankRecipe {
        RankRecipe(
            name: name,
            text: images(method) + """

                [energy]
                network = "conv-small"
                classes = 4
                width = 0.05
                \(energy)
                \(more)
                [[phase]]
                kind = "supervised"
                steps = 4
                batch = 8
                labelled-batch = 4
                """, usesBatchStatistics: batchStatistics)
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

    static let gan = RankRecipe(
        name: "gan",
        text: images("gan-feature-matching") + """

            [energy]
            base = "none"
            head = "plain"
            network = "conv-small"
            classes = 4
            width = 0.05
            [generator]
            width = 0.03125
            latent = 7
            [[phase]]
            kind = "gan"
            steps = 3
            batch = 8
            labelled-batch = 4
            """, usesBatchStatistics: true)

    private static func critic(
        _ loss: String, _ method: String, _ more: String = "head = \"plain\"", normalization: String = "none"
    ) -> RankRecipe {
        RankRecipe(
            name: method,
            text: images(method, labels: 0) + """

                [energy]
                base = "none"
                network = "four-layer"
                classes = 1
                width = 0.0625
                normalization = "\(normalization)"
                \(more)
                [generator]
                width = 0.03125
                latent = 7
                [[phase]]
                kind = "adversarial"
                loss = "\(loss)"
                critic-steps = 2
                steps = 3
                batch = 8
                """, usesBatchStatistics: true)
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
            text: images(method, labels: 0) + """

                [energy]
                base = "none"
                network = "four-layer"
                head = "plain"
                classes = 1
                width = 0.0625
                [[phase]]
                kind = "chains"
                batch = 8
                steps = 4
                chains = { start = "\(start)", \(keys) }
                """)
    }

    static let jem = RankRecipe(
        name: "jem",
        text: images("jem") + """

            [energy]
            base = "none"
            head = "plain"
            network = "conv-small"
            classes = 4
            width = 0.05
            [[phase]]
            kind = "jem"
            batch = 8
            labelled-batch = 4
            steps = 3
            chains = { steps = 2, buffer = 24 }
            """)

    static let vae = RankRecipe(
        name: "vae",
        text: images("vae", labels: 0) + """

            [energy]
            base = "none"
            network = "four-layer"
            head = "plain"
            classes = 1
            width = 0.0625
            [generator]
            width = 0.03125
            latent = 7
            [[phase]]
            kind = "vae"
            steps = 3
            batch = 8
            """, usesBatchStatistics: true)
}
