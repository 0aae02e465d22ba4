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
    /// Throws `UserError(.recipe)` where the batches of an update cannot be divided among the shards of `world`.
    public func expectDivisible(by world: World) throws {
        guard world.shards > 1 else { return }
        for phase in phases {
            try expectDivisible(phase.batch, "phase.\(phase.kind).batch", by: world)
            let hasLabels = data.labels > 0 || data.allLabels
            if let labels = phase.settings.labelledBatch, hasLabels {
                try expectDivisible(labels, "phase.\(phase.kind).labelled-batch", by: world)
            }
        }
        let isNormalized = energyConfiguration.usesBatchStatistics && uses(.energy) || uses(.generator)
        guard isNormalized, world.shards > world.size else { return }
        throw UserError(
            .recipe, "batch normalisation takes one shard a rank, not \(world.shards) for \(world.size)",
            advice: "leave out --shards")
    }

    private func expectDivisible(_ count: Int, _ key: String, by world: World) throws {
        let shards = world.shards
        guard count % shards != 0 else { return }
        let (below, above) = (count / shards * shards, (count / shards + 1) * shards)
        let values = below > 0 ? "\(below) or \(above)" : "\(above)"
        throw UserError(
            .recipe,
            "\(count) images do not divide among \(shards) \(shards == world.size ? "ranks" : "shards")",
            at: key, advice: "set \(key) = \(values)")
    }
}
