import Datasets
import EnergyModels
import Networks
import Schemas

extension Recipe {
    /// Every key with its type, default and meaning, in the order of the documentation.
    public static let keys: [SchemaKey] =
        [
            SchemaKey(
                path: "extends", type: "a string", defaultValue: "none",
                summary:
                    "recipe to start from: a path relative to this file, or builtin:NAME; tables merge, arrays replace"
            )
        ] + table.keys(below: "", examples: [("", Recipe())])

    /// The keys of a resolved recipe.
    static let table = Schema<Recipe>([
        .text("name", \.name, "name in tables; by default folder and name of the file; not inherited"),
        .choice("method", \.method, "the row of the table; must agree with the phases and vat.weight")
            .required(),
        .integer(
            "seed", \.seed, .between(0, Recipe.seeds.upperBound),
            "moves split, initialisation and batches (--seed)"),
        .choice("precision", \.precision, "number format of convolution activations and weights"),
        .table(
            "data", \.data, data, "the data, and how many labels are used",
            variants: DataRecipe.Source.allCases.map { ($0.rawValue, DataRecipe(source: $0)) }),
        .table(
            "flow", \.flow, flow, "the normalising flow q",
            variants: FlowRecipe.Kind.allCases.map { ($0.rawValue, FlowRecipe(kind: $0)) }),
        .table(
            "energy", \.energy, energy, "the energy-based model p",
            variants: EnergyRecipe.Base.allCases.map { ("base \($0.rawValue)", EnergyRecipe(base: $0)) }),
        .table("input", \.input, input, "what the energy does to its images first"),
        .table("vat", \.vat, vat, "virtual adversarial training"),
        .table(
            "entropy", \.entropy, weight("weight of the entropy of p(y|x) on unlabelled images"),
            "entropy term"),
        .table("consistency", \.consistency, consistency, "agreement of p(y|x) on unlabelled images"),
        .table(
            "label", \.label,
            Schema([
                .number(
                    "weight", \.weight, .atLeast(0), "weight of the cross-entropy on labelled images, eq. 17"),
                .classWeights,
            ]), "label term"),
        .table(
            "average", \.average,
            Schema([
                .number(
                    "decay", \.decay, .halfOpen(0, 1),
                    "decay of the averaged weights that compute p(y|x); 0: no averaging"),
                .integer("warmup", \.warmup, .atLeast(0), "number of first updates with another decay"),
                .number("warmup-decay", \.warmupDecay, .halfOpen(0, 1), "decay of those updates"),
            ]), "averaged weights"),
        .table(
            "generator", \.generator, generator,
            "what draws images in a phase of kind \"gan\", \"adversarial\" or \"vae\""),
        .tables(
            "phase", \.phases, phase, "the phases of training, in order", initial: PhaseRecipe(kind: .energy),
            variants: PhaseRecipe.Kind.allCases.map { ($0.rawValue, PhaseRecipe(kind: $0)) }),
        .table("log", \.log, every("steps between lines of metrics; 0 writes none"), "metrics"),
        .table(
            "evaluate", \.evaluate,
            Schema([
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
            Schema([
                .optionalTable("paper", \.paper, paper, "the paper's cell", initial: ReportRecipe.Paper())
            ]), "what to print beside our numbers; not inherited"),
    ])

    private static let data = Schema<DataRecipe>([
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
        .integer("size", \.size, .between(8, 256), "side of the square images in pixels")
            .when(\.source, "source", anyOf: DataRecipe.Source.those(\.isResized)),
        .integer("channels", \.channels, .between(1, 3), "colour channels, 1 or 3")
            .when(\.source, "source", anyOf: DataRecipe.Source.those(\.hasChannels)),
        .choice("density", \.density, "the density from which points are drawn").when(
            \.source, "source", .plane),
        .integer("seed", \.seed, .between(0, Recipe.seeds.upperBound), "draws the points; 0: the flow's seed")
            .when(\.source, "source", .plane),
        .integer("train", \.train, .atLeast(0), "training examples; 0: all of them"),
        .integer("test", \.test, .atLeast(0), "test examples; 0: all of them"),
        .number(
            "test-share", \.testShare, .between(0, 1), "share kept for testing where no test images are given"
        )
        .when(\.source, "source", anyOf: DataRecipe.Source.those(\.keepsTestShare)),
        .flag("final", \.final, "train on the test images too and test on nothing (--final)")
            .unwritten(where: .boolean(false)),
        .integer(
            "excerpt", \.excerpt, .atLeast(0),
            "most images of each class, of a part of the data (--smoke); 0: all of the data"
        )
        .unwritten(where: .integer(0)),
    ])

    private static let flow = Schema<FlowRecipe>([
        .variant("kind", \.kind, "Glow for images, couplings in the plane", defaults: FlowRecipe.init),
        .integer("levels", \.levels, .between(1, 6), "number of scales").when(\.kind, "kind", .glow),
        .integer("blocks", \.blocks, .between(1, 64), "flow steps in each level").when(\.kind, "kind", .glow),
        .integer("width", \.width, .between(1, 4096), "hidden units of a coupling network"),
        .choice("coupling", \.coupling, "kind of coupling").when(\.kind, "kind", .glow),
        .integer(
            "couplings", \.couplings, .between(0, 100),
            "number of affine couplings; 0 makes the flow a Gaussian"
        )
        .when(\.kind, "kind", .plane),
        .integer(
            "seed", \.seed, .between(0, Recipe.seeds.upperBound),
            "seed of the flow; runs of one recipe with other seeds share it"),
    ])

    private static let energy = Schema<EnergyRecipe>([
        .variant("base", \.base, "the density that exp(f) multiplies", defaults: EnergyRecipe.init),
        .choice("network", \.network, "layers of f (the paper's Tables 5 and 6)"),
        .integer(
            "classes", \.classes, .between(1, ImageDataset.largestClassCount),
            "number of classes K; 1 means no classes"),
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer("outputs", \.outputs, .atLeast(0), "units of a critic's last layer; 0 means K"),
        .choice(
            "head", \.head, "last layer: K outputs, a shared energy with a gain plus K parts, or experts"),
        .integer("experts", \.experts, .between(1, 65536), "number of experts")
            .when(\.head, "head", .experts),
        .number("initial-deviation", \.initialDeviation, .above(0), "standard deviation of the first logits"),
        .choice(
            "normalization", \.normalization,
            "normalisation of the layers; a density has weight, spectral or none"),
        .flag("normalize-logits", \.normalizeLogits, "batch normalisation of the logits: classifiers only"),
        .number("slope", \.slope, .halfOpen(0, 1), "slope of the leaky ReLU below 0"),
        .choice("pooling", \.pooling, "global pooling")
            .when(\.network, "network", anyOf: EnergyRecipe.Network.those(reading: .pooling)),
        .choice("downsample", \.downsample, "how blocks halve the image")
            .when(\.network, "network", anyOf: EnergyRecipe.Network.those(reading: .downsampling)),
        .numbers(
            "dropout", \.dropout, .halfOpen(0, 1),
            "dropout rates before the three blocks; of resnet, within the blocks of its three groups"
        )
        .when(\.network, "network", anyOf: EnergyRecipe.Network.those(reading: .dropout)),
        .numbers("priors", \.priors, .above(0), "class priors ρ_k, K numbers; empty means uniform"),
        .integer(
            "negatives", \.negatives, .between(1, 64), "ν, the number of samples of the flow for each image"),
    ])

    private static let input = Schema<InputRecipe>([
        .flag("standardize", \.standardize, "bring every image to mean 0 and variance 1"),
        .integer(
            "translate", \.translate, .between(0, 16),
            "largest shift of images in training, in pixels each way"),
        .number(
            "noise", \.noise, .atLeast(0), "standard deviation of Gaussian noise that training adds to images"
        ),
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

    private static let generator = Schema<GeneratorRecipe>([
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer(
            "latent", \.latent, .between(1, 4096),
            "numbers that an image is generated from: uniform, normal in a VAE"),
    ])

    private static let vat = Schema<VATRecipe>([
        .number("weight", \.weight, .atLeast(0), "weight of the term; 0 turns it off"),
        .number("epsilon", \.epsilon, .above(0), "length of the perturbation in units of x/256 - 0.5"),
        .integer("steps", \.steps, .between(1, 10), "number of power iterations"),
        .choice(
            "direction", \.direction,
            "how the direction is found: by a finite difference, or by the exact Fisher-vector product"),
        .number("step-norm", \.stepNorm, .between(1e-6, 10), "length of the step of the finite difference"),
        .choice("dropout", \.dropout, "dropout masks: the same in all passes, or fresh ones"),
    ])

    private static let paper = Schema<ReportRecipe.Paper>([
        .number("value", \.value, .between(0, 100), "test error, %").required(),
        .number("sd", \.sd, .atLeast(0), "standard deviation over seeds, points"),
        .text("cell", \.cell, "table, row and column").required(),
    ])

    private static let consistency = Schema<ConsistencyRecipe>([
        .choice("kind", \.kind, "the method, which decides with what p(y|x) should agree"),
        .number("weight", \.weight, .atLeast(0), "weight of the term at the end of its ramp"),
        .integer("ramp-up", \.rampUp, .atLeast(0), "updates over which the weight rises"),
        .number("momentum", \.momentum, .halfOpen(0, 1), "decay of the averaged predictions")
            .when(\.kind, "kind", .temporalEnsembling),
    ])

    private static func weight(_ summary: String) -> Schema<WeightRecipe> {
        Schema([.number("weight", \.weight, .atLeast(0), summary)])
    }

    private static func every(_ summary: String) -> Schema<IntervalRecipe> {
        Schema([.integer("every", \.every, .atLeast(0), summary)])
    }
}
