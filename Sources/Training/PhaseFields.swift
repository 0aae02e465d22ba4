import Networks
import Schemas

extension PhaseSettings {
    /// The keys that every phase has.
    public static var commonFields: [SchemaField<Self>] {
        [
            .integer(
                "steps", \.steps, .atLeast(0),
                "number of updates; a joint phase counts the energy's, an adversarial one the generator's"
            ).required(),
            .integer("batch", \.batch, .between(1, 65536), "unlabelled images in each update"),
            .table(
                "optimizer", \.optimizer, OptimizerSettings.schema,
                "optimiser of the phase's model; of the energy where there are two models"),
        ]
    }
}

extension SchemaField where Section: PhaseSettings {
    /// The key of phases that labelled images take part in.
    public static func labelledBatch(_ path: Path<Int>) -> Self {
        .integer("labelled-batch", path, .between(1, 65536), "labelled images in each update")
    }
}
