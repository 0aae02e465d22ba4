import EnergyModels
import Networks
import Schemas
import Training

extension PhasePlace {
    /// A phase of a generator has two sides and nothing else: no flow, and images that the generator can draw.
    package func checkOpponent(_ kind: String) throws {
        let place = cursor.entering("kind")
        try require(
            !recipe.uses(.flow), place,
            "a phase of kind \"\(kind)\" does not go with a flow's phases",
            advice: "leave out those of kind \"flow-mle\", \"energy\" and \"joint\"")
        try require(
            recipe.energy.base == .none, energy.entering("base"),
            "a phase of kind \"\(kind)\" has no flow for the energy to be measured against",
            advice: "set energy.base = \"none\"")
        try require(
            !recipe.energy.head.isShared, energy.entering("head"),
            "a phase of kind \"\(kind)\" has no log q that a head with a gain could follow",
            advice: "set energy.head = \"plain\"")
        let isImage = recipe.data.source != .plane && recipe.data.size % GeneratorConfiguration.scale == 0
        try require(
            isImage, root.entering("data").entering("size"),
            "the generator draws images whose side is a multiple of \(GeneratorConfiguration.scale) pixels",
            advice: recipe.data.source == .plane
                ? "take images: change data.source"
                : "set data.size = \(recipe.roundedSize(to: GeneratorConfiguration.scale))")
    }
}

extension SchemaField where Section: PhaseSettings {
    /// The key of phases with a generator.
    package static func generatorOptimizer(_ path: Path<OptimizerSettings>) -> Self {
        .table("generator-optimizer", path, OptimizerSettings.schema, "optimiser of the generator")
    }
}
