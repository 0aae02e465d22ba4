import EnergyModels
import Schemas
import Training

extension PhasePlace {
    /// One unit, images, and nothing that another phase or term would add.
    package func checkUnsupervised(_ kind: String) throws {
        let (name, place) = ("a phase of kind \"\(kind)\"", cursor.entering("kind"))
        try require(recipe.data.source != .plane, place, "\(name) is for images, not for points")
        try require(
            recipe.energy.classes == 1, energy.entering("classes"), "\(name) has no labels and one output",
            advice: "set energy.classes = 1 and data.labels = 0")
        try require(
            recipe.phases.allSatisfy { $0.kind == kind }, place, "\(name) does not go with other phases",
            advice: "leave out the other phases")
        try require(
            recipe.energy.base == .none, energy.entering("base"),
            "\(name) has no flow for the energy to be measured against", advice: "set energy.base = \"none\"")
        try require(
            recipe.energy.head == .plain, energy.entering("head"),
            "\(name) has no log q that a head with a gain could follow", advice: "set energy.head = \"plain\""
        )
        try require(
            recipe.entropy.weight == 0, place, "\(name) has no p(y|x) whose entropy could be minimised",
            advice: "set entropy.weight = 0")
    }
}

extension ChainsPhase {
    public static let methods: [Method] = [
        method("persistent-cd", .persistent), method("one-step-cd", .data), method("multigrid", .coarserGrid),
    ]

    /// A label that says where chains start.
    private static func method(_ name: String, _ start: ChainsSettings.Start) -> Method {
        Method(name, lastPhase: kind, classifies: false) { recipe, root in
            for (index, phase) in recipe.phases.enumerated() {
                guard let chains = phase.settings(as: Settings.self)?.chains else { continue }
                let place = root.entering("phase").element(index).entering("chains")
                try require(
                    chains.start == start, place.entering("start"),
                    "method \"\(name)\" and chains.start = \"\(chains.start.rawValue)\" contradict each other",
                    advice: "set \(place.entering("start").key) = \"\(start.rawValue)\"")
                try require(
                    start != .data || chains.steps == 1, place.entering("steps"),
                    "one-step CD takes 1 step, not \(chains.steps)",
                    advice: "set \(place.entering("steps").key) = 1")
            }
        }
    }

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        try place.checkUnsupervised(kind)
        let (chains, cursor) = (settings.chains, place.cursor.entering("chains"))
        let isShared = place.recipe.phases.compactMap { $0.settings(as: Settings.self)?.chains }
            .allSatisfy { $0.start == chains.start && $0.grids == chains.grids }
        try require(
            isShared, cursor, "phases of chains share their start and their grids",
            advice: "give them the first one's")
        try require(
            chains.start != .persistent || chains.buffer >= settings.batch, cursor.entering("buffer"),
            "\(chains.buffer) chains are fewer than the \(settings.batch) images of an update",
            advice: "set \(cursor.entering("buffer").key) = \(settings.batch) or more")
        if chains.start == .coarserGrid { try checkGrids(chains, place) }
    }

    private static func checkGrids(_ chains: ChainsSettings, _ place: PhasePlace) throws {
        let cursor = place.cursor.entering("chains").entering("grids")
        let side = place.recipe.extents[0]
        let sides = chains.grids + [side]
        let fits = zip(sides, sides.dropFirst()).allSatisfy { $0 > 1 && $0 < $1 && $1 % $0 == 0 }
        try require(
            fits && sides.count > 1, cursor,
            "`chains.grids` takes sides above 1, each a divisor of the next and the last of \(side) pixels"
        )
        try require(
            place.recipe.energy.network == .fourLayer, cursor,
            "coarse grids are too small for energy.network = "
                + "\"\(place.recipe.energy.network.rawValue)\"", advice: "set energy.network = \"four-layer\""
        )
    }
}
