import Baselines
import EnergyModels
import Schemas

/// Conditions on phases of chains and of a variational autoencoder.
extension Recipe {
    func checkUnsupervised(_ cursor: SchemaCursor) throws {
        for (index, phase) in phases.enumerated() where phase.kind == .chains || phase.kind == .vae {
            let place = cursor.entering("phase").element(index)
            try checkAlone(phase, place.entering("kind"), cursor.entering("energy"))
            if phase.kind == .chains { try checkChains(phase, place.entering("chains")) }
        }
        guard method.lastPhase == .vae else { return }
        try require(
            data.size % GeneratorConfiguration.scale == 0, cursor.entering("data").entering("size"),
            "the decoder draws images whose side is a multiple of \(GeneratorConfiguration.scale) pixels",
            advice: "set data.size = \(roundedSize(to: GeneratorConfiguration.scale))")
    }

    /// One unit, images, and nothing that another phase or term would add.
    private func checkAlone(_ phase: PhaseRecipe, _ kind: SchemaCursor, _ energy: SchemaCursor) throws {
        let name = "a phase of kind \"\(phase.kind.rawValue)\""
        try require(data.source != .plane, kind, "\(name) is for images, not for points")
        try require(
            self.energy.classes == 1, energy.entering("classes"), "\(name) has no labels and one output",
            advice: "set energy.classes = 1 and data.labels = 0")
        try require(
            phases.allSatisfy { $0.kind == phase.kind }, kind, "\(name) does not go with other phases",
            advice: "leave out the other phases")
        try require(
            self.energy.base == .none, energy.entering("base"),
            "\(name) has no flow for the energy to be measured against", advice: "set energy.base = \"none\"")
        try require(
            self.energy.head == .plain, energy.entering("head"),
            "\(name) has no log q that a head with a gain could follow", advice: "set energy.head = \"plain\""
        )
        try require(
            entropy.weight == 0, kind, "\(name) has no p(y|x) whose entropy could be minimised",
            advice: "set entropy.weight = 0")
    }

    private func checkChains(_ phase: PhaseRecipe, _ cursor: SchemaCursor) throws {
        let chains = phase.chains
        if let start = method.chainStart {
            try require(
                chains.start == start, cursor.entering("start"),
                "method \"\(method.rawValue)\" and chains.start = \"\(chains.start.rawValue)\" contradict each other",
                advice: "set \(cursor.entering("start").key) = \"\(start.rawValue)\"")
        }
        let isShared = phases.allSatisfy {
            $0.chains.start == chains.start && $0.chains.grids == chains.grids
        }
        try require(
            isShared, cursor, "phases of chains share their start and their grids",
            advice: "give them the first one's")
        try require(
            method != .oneStepCD || chains.steps == 1, cursor.entering("steps"),
            "one-step CD takes 1 step, not \(chains.steps)", advice: "set \(cursor.entering("steps").key) = 1"
        )
        try require(
            chains.start != .persistent || chains.buffer >= phase.batch, cursor.entering("buffer"),
            "\(chains.buffer) chains are fewer than the \(phase.batch) images of an update",
            advice: "set \(cursor.entering("buffer").key) = \(phase.batch) or more")
        if chains.start == .coarserGrid { try checkGrids(chains, cursor.entering("grids")) }
    }

    private func checkGrids(_ chains: ChainsRecipe, _ cursor: SchemaCursor) throws {
        let sides = chains.grids + [extents[0]]
        let fits = zip(sides, sides.dropFirst()).allSatisfy { $0 > 1 && $0 < $1 && $1 % $0 == 0 }
        try require(
            fits && sides.count > 1, cursor,
            "`chains.grids` takes sides above 1, each a divisor of the next and the last of \(extents[0]) pixels"
        )
        try require(
            energy.network == .fourLayer, cursor,
            "coarse grids are too small for energy.network = "
                + "\"\(energy.network.rawValue)\"", advice: "set energy.network = \"four-layer\"")
    }
}
