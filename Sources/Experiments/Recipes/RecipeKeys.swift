import Datasets
import EnergyModels
import Networks

extension Recipe {
    /// Every key with its type, default and meaning, in the order of the documentation.
    public static let keys: [RecipeKey] =
        [
            RecipeKey(
                path: "extends", type: "a string", defaultValue: "none",
                summary:
                    "recipe to start from: a path relative to this file, or builtin:NAME; tables merge, arrays replace"
            )
        ] + table.keys(below: "", examples: [("", Recipe())])

    /// The keys of a resolved recipe.
    static let table = RecipeTable<Recipe>([
        .text("name", \.name, "name in tables; by default folder and name of the file; not inherited"),
        .choice("method", \.method, "the row of the table; must agree with the phases and vat.weight")
            .required(),
        .integer(
            "seed", \.seed, .between(0, Recipe.seeds.upperBound),
            "moves split, initialisation and batches (--seed)"),
        .choice("precision", \.precision, "of convolution activations and weights"),
        .table(
            "data", \.data, data, "which data, and how many labels",
            variants: DataRecipe.Source.allCases.map { ($0.rawValue, DataRecipe(source: $0)) }),
        .table(
            "flow", \.flow, flow, "the normalising flow q",
            variants: FlowRecipe.Kind.allCases.map { ($0.rawValue, FlowRecipe(kind: $0)) }),
        .table(
            "energy", \.energy, energy, "the energy-based model p",
            variants: EnergyRecipe.Base.allCases.map { ("base \($0.rawValue)", EnergyRecipe(base: $0)) }),
        .table("input", \.input, input, "what the energy does to its images first"),
        .table("vat", \.vat, vat, "virtual adversarial training"),
        .table("entropy", \.entropy, weight("of the entropy of p(y|x) on unlabelled images"), "entropy term"),
        .table("consistency", \.consistency, consistency, "agreement of p(y|x) on unlabelled images"),
        .table(
            "label", \.label,
            RecipeTable([
                .number(
                    "weight", \.weight, .atLeast(0), "of the cross-entropy on labelled images, eq. 17"),
                .classWeights,
            ]), "label term"),
        .table(
            "average", \.average,
            RecipeTable([
                .number("decay", \.decay, .halfOpen(0, 1), "of the averaged weights for p(y|x); 0: none"),
                .integer("warmup", \.warmup, .atLeast(0), "updates with another decay at first"),
                .number("warmup-decay", \.warmupDecay, .halfOpen(0, 1), "decay of those updates"),
            ]), "averaged weights"),
        .table(
            "generator", \.generator, generator,
            "what draws images in a phase of kind \"gan\", \"adversarial\" or \"vae\""),
        .tables(
            "phase", \.phases, phase, "the phases of training, in order", initial: PhaseRecipe(kind: .energy),
            variants: PhaseRecipe.Kind.allCases.map { ($0.rawValue, PhaseRecipe(kind: $0)) }),
        .table("log", \.log, every("steps between lines of metrics; 0: none"), "metrics"),
        .table(
            "evaluate", \.evaluate,
            RecipeTable([
                .integer(
                    "every", \.every, .atLeast(0),
                    "steps between tests, as phase.steps counts them; 0: at each phase's end"),
                .integer(
                    "snapshots", \.snapshots, .atLeast(0),
                    "steps between pictures of densities in the plane; 0: at each phase's end"),
            ]), "tests"),
        .table(
            "checkpoint", \.checkpoint, every("steps between checkpoints; 0: at each phase's end"),
            "checkpoints"),
        .table(
            "probe", \.probe, ProbeRecipe.table, "linear classifiers on the features, after the last phase"),
        .table(
            "report", \.report,
            RecipeTable([
                .optionalTable("paper", \.paper, paper, "the paper's cell", initial: ReportRecipe.Paper())
            ]), "what to print beside our numbers; not inherited"),
    ])

    private static let data = RecipeTable<DataRecipe>([
        .variant("source", \.source, "the format of the data", defaults: DataRecipe.init).required(),
        .text("name", \.name, "name of the data in tables"),
        .text("directory", \.directory, "the folder of its files, or the .csv or .npz file (--data)")
            .when(\.source, "source", anyOf: DataRecipe.Source.those { $0 != .synthetic }),
        .integer("labels", \.labels, .atLeast(0), "labelled images in all, equally many of each class"),
        .flag("all-labels", \.allLabels, "every training image that is not held out is labelled"),
        .integer("validation", \.validation, .atLeast(0), "training images held out"),
        .flag(
            "unlabelled-includes-labelled", \.unlabelledIncludesLabelled,
            "labelled images are among the unlabelled ones too"),
        .flag("extra", \.extra, "SVHN's extra images as unlabelled ones").when(\.source, "source", .svhn),
        .integer("size", \.size, .between(8, 256), "side of the square images, pixels")
            .when(\.source, "source", anyOf: DataRecipe.Source.those(\.isResized)),
        .integer("channels", \.channels, .between(1, 3), "colour channels, 1 or 3")
            .when(\.source, "source", anyOf: DataRecipe.Source.those(\.hasChannels)),
        .choice("density", \.density, "the density points are drawn from").when(\.source, "source", .plane),
        .integer("seed", \.seed, .between(0, Recipe.seeds.upperBound), "draws the points; 0: the flow's seed")
            .when(\.source, "source", .plane),
        .integer("train", \.train, .atLeast(0), "training examples; 0: all of them"),
        .integer("test", \.test, .atLeast(0), "test examples; 0: all of them"),
        .number(
            "test-share", \.testShare, .between(0, 1), "share kept for testing where no test images are given"
        )
        .when(\.source, "source", anyOf: DataRecipe.Source.those(\.keepsTestShare)),
    ])

    private static let flow = RecipeTable<FlowRecipe>([
        .variant("kind", \.kind, "Glow for images, couplings in the plane", defaults: FlowRecipe.init),
        .integer("levels", \.levels, .between(1, 6), "scales").when(\.kind, "kind", .glow),
        .integer("blocks", \.blocks, .between(1, 64), "steps of flow a level").when(\.kind, "kind", .glow),
        .integer("width", \.width, .between(1, 4096), "hidden units of a coupling network"),
        .choice("coupling", \.coupling, "kind of coupling").when(\.kind, "kind", .glow),
        .integer("couplings", \.couplings, .between(0, 100), "affine couplings; 0: a Gaussian")
            .when(\.kind, "kind", .plane),
        .integer(
            "seed", \.seed, .between(0, Recipe.seeds.upperBound),
            "of the flow; the seeds of a row share it"),
    ])

    private static let energy = RecipeTable<EnergyRecipe>([
        .variant("base", \.base, "density that exp(f) multiplies", defaults: EnergyRecipe.init),
        .choice("network", \.network, "layers of f (the paper's Tables 5 and 6)"),
        .integer("classes", \.classes, .between(1, ImageDataset.largestClassCount), "K; 1: unsupervised"),
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer("outputs", \.outputs, .atLeast(0), "units of a critic's last layer; 0: K"),
        .choice(
            "head", \.head, "last layer: K outputs, a shared energy with a gain plus K parts, or experts"),
        .integer("experts", \.experts, .between(1, 65536), "of a product of experts")
            .when(\.head, "head", .experts),
        .number("initial-deviation", \.initialDeviation, .above(0), "standard deviation of the first logits"),
        .choice("normalization", \.normalization, "of the layers; a density has weight, spectral or none"),
        .flag("normalize-logits", \.normalizeLogits, "batch normalisation of the logits: classifiers only"),
        .number("slope", \.slope, .halfOpen(0, 1), "of the leaky ReLU"),
        .choice("pooling", \.pooling, "global pooling").when(\.network, "network", .convSmall, .convLarge),
        .choice("downsample", \.downsample, "how blocks halve the image")
            .when(\.network, "network", .convSmall, .convLarge),
        .numbers("dropout", \.dropout, .halfOpen(0, 1), "rates before the three blocks")
            .when(\.network, "network", .convSmall, .convLarge),
        .numbers("priors", \.priors, .above(0), "class priors ρ_k, K numbers; empty: uniform"),
        .integer("negatives", \.negatives, .between(1, 64), "ν, samples of the flow a datum"),
    ])

    private static let input = RecipeTable<InputRecipe>([
        .flag("standardize", \.standardize, "every image to mean 0 and variance 1"),
        .integer("translate", \.translate, .between(0, 16), "largest shift in training, pixels each way"),
        .number("noise", \.noise, .atLeast(0), "standard deviation of Gaussian noise in training"),
        .flag(
            "flip", \.flip,
            "half of the training images are mirrored, left to right, labelled or not, before flow and energy see them; "
                + "the flow learns them so, and its samples stay as they are"
        )
        .later(\.flip, default: false),
        .integer(
            "crop", \.crop, .between(0, 16),
            "training images are cut at random out of their reflection at the border, shifted by up to so many pixels "
                + "each way, before flow and energy see them, as with flip; 0: none"
        )
        .later(\.crop, default: 0),
    ])

    private static let generator = RecipeTable<GeneratorRecipe>([
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer(
            "latent", \.latent, .between(1, 4096), "numbers an image is made of: uniform, normal in a VAE"),
    ])

    private static let vat = RecipeTable<VATRecipe>([
        .number("weight", \.weight, .atLeast(0), "0: off"),
        .number("epsilon", \.epsilon, .above(0), "length of the perturbation, units of x/256 - 0.5"),
        .integer("steps", \.steps, .between(1, 10), "power iterations"),
        .choice("direction", \.direction, "finite difference, or the exact Fisher-vector product"),
        .number("step-norm", \.stepNorm, .between(1e-6, 10), "length of the finite difference"),
        .choice("dropout", \.dropout, "the same masks in all passes, or fresh ones"),
    ])

    private static let phase = RecipeTable<PhaseRecipe>([
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

    private static let paper = RecipeTable<ReportRecipe.Paper>([
        .number("value", \.value, .between(0, 100), "test error, %").required(),
        .number("sd", \.sd, .atLeast(0), "standard deviation over seeds, points"),
        .text("cell", \.cell, "table, row and column").required(),
    ])

    private static let consistency = RecipeTable<ConsistencyRecipe>([
        .choice("kind", \.kind, "what p(y|x) should agree with"),
        .number("weight", \.weight, .atLeast(0), "at the end of the ramp"),
        .integer("ramp-up", \.rampUp, .atLeast(0), "updates over which the weight rises"),
        .number("momentum", \.momentum, .halfOpen(0, 1), "of the averaged predictions")
            .when(\.kind, "kind", .temporalEnsembling),
    ])

    private static func weight(_ summary: String) -> RecipeTable<WeightRecipe> {
        RecipeTable([.number("weight", \.weight, .atLeast(0), summary)])
    }

    private static func every(_ summary: String) -> RecipeTable<IntervalRecipe> {
        RecipeTable([.integer("every", \.every, .atLeast(0), summary)])
    }
}
