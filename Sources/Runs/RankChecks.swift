import EnergyModels
import Recipes
import System
import Tensors
import Training

extension RunHeader {
    /// Throws `UserError(.recipe)` on all ranks where they do not have the same data, recipe, program and kind of machine: what every
    /// rank computes for itself must have the same bits.
    package func expectSame(on world: World) throws {
        let values = [
            ("the recipe", recipeHash), ("the data (SHA-256)", data.sha256),
            ("the test data (SHA-256)", data.testSHA256 ?? "none"), ("the precision", machine.precision),
            ("the number of threads", String(machine.threads)), ("the program", "\(tool), commit \(commit)"),
            ("the instruction set", machine.isa), ("OpenBLAS", machine.blas), ("oneDNN", machine.onednn),
        ]
        try world.expectSame(values, advice: "start all ranks with the same files, on machines of one kind")
    }
}

extension Recipe {
    /// Checks that ranks can divide the updates of the recipe.
    ///
    /// - Parameters:
    ///   - ranks: the number of ranks.
    ///   - shards: the shards of a batch, by default one for each rank.
    /// - Throws: `UserError(.recipe)` where the batches of an update cannot be divided among so many shards, or batch
    ///   normalisation would have more shards than ranks.
    public func expectDivisible(ranks: Int, shards: Int? = nil) throws {
        let shards = shards ?? ranks
        guard shards > 1 else { return }
        let among = "\(shards) \(shards == ranks ? "ranks" : "shards")"
        for phase in phases {
            try expectMultiple(phase.batch, of: shards, among, "phase.\(phase.kind).batch")
            if let labels = phase.settings.labelledBatch, data.hasLabels {
                try expectMultiple(labels, of: shards, among, "phase.\(phase.kind).labelled-batch")
            }
        }
        let isNormalized = energyConfiguration.usesBatchStatistics && uses(.energy) || uses(.generator)
        guard isNormalized, shards > ranks else { return }
        throw UserError(
            .recipe, "batch normalisation takes one shard a rank, not \(shards) for \(ranks)",
            advice: "leave out --shards")
    }

    private func expectMultiple(_ count: Int, of shards: Int, _ among: String, _ key: String) throws {
        guard count % shards != 0 else { return }
        let (below, above) = (count / shards * shards, (count / shards + 1) * shards)
        let values = below > 0 ? "\(below) or \(above)" : "\(above)"
        throw UserError(
            .recipe, "\(count) images do not divide among \(among)", at: key, advice: "set \(key) = \(values)"
        )
    }
}
