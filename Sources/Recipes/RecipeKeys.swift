import Datasets
import EnergyModels
import Flows
import Methods
import Schemas
import Training

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
    package static let table = Schema<Recipe>([
        .text("name", \.name, "name in tables; by default folder and name of the file; not inherited"),
        .word(
            "method", \.method, among: Method.all.map(\.name),
            "the row of the table; must agree with the phases and vat.weight",
            read: Method.init(named:), write: \.name
        ).required(),
        .integer(
            "seed", \.seed, .between(0, Recipe.seeds.upperBound),
            "moves initialisation and batches, and the labelled images where data.split-seed is 0 (--seed)"),
        .choice("precision", \.precision, "number format of convolution activations and weights"),
        .table(
            "data", \.data, DataSettings.schema, "the data, and how many labels are used",
            variants: DataSettings.Source.allCases.map { ($0.rawValue, DataSettings(source: $0)) }),
        .table(
            "flow", \.flow, FlowSettings.schema, "the normalising flow q",
            variants: FlowSettings.Kind.allCases.map { ($0.rawValue, FlowSettings(kind: $0)) }),
        .table(
            "energy", \.energy, EnergySettings.schema, "the energy-based model p",
            variants: EnergySettings.Base.allCases.map { ("base \($0.rawValue)", EnergySettings(base: $0)) }),
        .table("input", \.input, InputSettings.schema, "what the energy does to its images first"),
        .table("vat", \.vat, VATSettings.schema, "virtual adversarial training"),
        .table(
            "entropy", \.entropy, weight("weight of the entropy of p(y|x) on unlabelled images"),
            "entropy term"),
        .table(
            "consistency", \.consistency, ConsistencySettings.schema,
            "agreement of p(y|x) on unlabelled images"),
        .table("label", \.label, LabelSettings.schema, "label term"),
        .table("average", \.average, AverageSettings.schema, "averaged weights"),
        .table(
            "generator", \.generator, GeneratorSettings.schema,
            "what draws images in a phase of kind \"gan\", \"adversarial\" or \"vae\""),
        .phases,
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
            "probe", \.probe, ProbePlan.table, "linear classifiers on the features, after the last phase"),
        .table(
            "report", \.report,
            Schema([
                .optionalTable(
                    "paper", \.paper, paperSchema, "the paper's cell", initial: ReportSettings.Paper())
            ]), "what to print beside our numbers; not inherited"),
    ])

    private static let paperSchema = Schema<ReportSettings.Paper>([
        .number("value", \.value, .between(0, 100), "test error, %").required(),
        .number("sd", \.sd, .atLeast(0), "standard deviation over seeds, points"),
        .text("cell", \.cell, "table, row and column").required(),
    ])

    private static func weight(_ summary: String) -> Schema<WeightSettings> {
        Schema([.number("weight", \.weight, .atLeast(0), summary)])
    }

    private static func every(_ summary: String) -> Schema<IntervalSettings> {
        Schema([.integer("every", \.every, .atLeast(0), summary)])
    }
}
