import Baselines
import EnergyModels
import Schemas

/// Conditions of phases with a generator.
extension Recipe {
    func checkGenerator(_ cursor: SchemaCursor) throws {
        guard let index = phases.firstIndex(where: \.kind.needsGenerator) else {
            try require(
                generator == GeneratorRecipe() || usesGenerator, cursor.entering("generator"),
                "[generator] has no effect without a phase of kind \"gan\", \"adversarial\" or \"vae\"",
                advice: "remove it")
            return try require(
                energy.outputs == 0, cursor.entering("energy").entering("outputs"),
                "outputs that are no classes are for a critic, in a phase of kind \"adversarial\"",
                advice: "set energy.outputs = 0")
        }
        let place = cursor.entering("phase").element(index)
        let kind = phases[index].kind
        if kind == .gan { try checkGAN(place.entering("kind"), cursor.entering("energy")) }
        if kind == .adversarial { try checkAdversarial(index, place, cursor.entering("energy")) }
        try checkOpponent(kind.rawValue, place.entering("kind"), cursor)
    }

    /// Two sides and nothing else: no flow, images that the generator can draw.
    private func checkOpponent(_ kind: String, _ place: SchemaCursor, _ cursor: SchemaCursor) throws {
        let energy = cursor.entering("energy")
        try require(
            !phases.contains { $0.kind.needsFlow }, place,
            "a phase of kind \"\(kind)\" does not go with a flow's phases",
            advice: "leave out those of kind \"flow-mle\", \"energy\" and \"joint\"")
        try require(
            self.energy.base == .none, energy.entering("base"),
            "a phase of kind \"\(kind)\" has no flow for the energy to be measured against",
            advice: "set energy.base = \"none\"")
        try require(
            self.energy.head != .gain, energy.entering("head"),
            "a phase of kind \"\(kind)\" has no log q that a head with a gain could follow",
            advice: "set energy.head = \"plain\"")
        let isImage = data.source != .plane && data.size % GeneratorConfiguration.scale == 0
        try require(
            isImage, cursor.entering("data").entering("size"),
            "the generator draws images whose side is a multiple of \(GeneratorConfiguration.scale) pixels",
            advice: data.source == .plane
                ? "take images: change data.source"
                : "set data.size = \(roundedSize(to: GeneratorConfiguration.scale))")
    }

    private func checkGAN(_ place: SchemaCursor, _ energy: SchemaCursor) throws {
        try require(
            self.energy.classes > 1 && data.labels > 0, place,
            "a gan phase needs labelled images of several classes",
            advice:
                "set data.labels = \(10 * max(2, self.energy.classes)), and energy.classes to the number of classes"
        )
        try require(
            self.energy.outputs == 0, energy.entering("outputs"),
            "the outputs of a gan phase's discriminator are its classes",
            advice: "set energy.outputs = 0")
    }

    private func checkAdversarial(_ index: Int, _ place: SchemaCursor, _ energy: SchemaCursor) throws {
        let phase = phases[index]
        try require(
            phases.count == 1, place.entering("kind"), "an adversarial phase is the only one of its recipe",
            advice: "leave out the others")
        try require(
            self.energy.classes == 1 && data.labels == 0, place.entering("kind"),
            "an adversarial phase learns without classes and labels",
            advice: "set energy.classes = 1 and data.labels = 0")
        try require(
            phase.loss == .repulsive || self.energy.outputs <= 1, energy.entering("outputs"),
            "loss \"\(phase.loss.rawValue)\" takes a critic of one output",
            advice: "set energy.outputs = 0, or take loss \"repulsive\"")
        try require(
            phase.loss != .repulsive || phase.batch > 1, place.entering("batch"),
            "loss \"repulsive\" compares pairs of images",
            advice: "set \(place.entering("batch").key) = 2 or more")
        try require(
            phase.loss != .deepDirected || self.energy.head == .experts, energy.entering("head"),
            "loss \"deep-directed\" is of a product of experts", advice: "set energy.head = \"experts\"")
        try require(
            phase.loss != .gradientPenalty || energyConfiguration.hasDirectionalDerivative, energy,
            "a gradient penalty takes a critic without batch statistics, experts and [input]",
            advice:
                "set energy.network = \"four-layer\" and energy.normalization = \"none\", and remove [input]")
    }
}
