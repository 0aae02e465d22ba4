import EnergyModels
import Schemas
import Training

extension AdversarialPhase {
    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        let (recipe, energy) = (place.recipe, place.energy)
        try require(
            place.isOnly, place.cursor.entering("kind"),
            "an adversarial phase is the only one of its recipe", advice: "leave out the others")
        try require(
            recipe.energy.classes == 1 && recipe.data.labels == 0, place.cursor.entering("kind"),
            "an adversarial phase learns without classes and labels",
            advice: "set energy.classes = 1 and data.labels = 0")
        try require(
            settings.loss == .repulsive || recipe.energy.outputs <= 1, energy.entering("outputs"),
            "loss \"\(settings.loss.rawValue)\" takes a critic of one output",
            advice: "set energy.outputs = 0, or take loss \"repulsive\"")
        try require(
            settings.loss != .repulsive || settings.batch > 1, place.cursor.entering("batch"),
            "loss \"repulsive\" compares pairs of images",
            advice: "set \(place.cursor.entering("batch").key) = 2 or more")
        try require(
            settings.loss != .deepDirected || recipe.energy.head == .experts, energy.entering("head"),
            "loss \"deep-directed\" is of a product of experts", advice: "set energy.head = \"experts\"")
        try require(
            settings.loss != .gradientPenalty || recipe.energyConfiguration.hasDirectionalDerivative, energy,
            "a gradient penalty takes a critic without batch statistics, experts and [input]",
            advice:
                "set energy.network = \"four-layer\" and energy.normalization = \"none\", and remove [input]")
        try place.checkOpponent(kind)
    }
}
