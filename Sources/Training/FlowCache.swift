import Flows
import Foundation
import System
import Tensors

/// Trained flows by the hash of everything that made them, so that no run repeats another's maximum likelihood.
public struct FlowCache: Sendable {
    /// The folder of flows.
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// Throws `UserError(.output)` when no flow can be kept: better now than when one is trained.
    package func expectWritable() throws {
        try Files.makeFolder(folder, advice: "choose another folder for trained flows with --flows")
    }

    /// A flow must be evaluated in the precision it trained in: both are part of its name.
    package func path(_ hash: String, precision: ScalarType) -> String {
        "\(folder)/flow-\(hash.prefix(24))-\(precision.rawValue).safetensors"
    }
}

/// The flow that a run begins with, in a cache.
public struct KeptFlow: Sendable {
    package let cache: FlowCache
    package let path: String

    package init(cache: FlowCache, path: String) { (self.cache, self.path) = (cache, path) }

    /// Whether somebody has trained it.
    package var exists: Bool { Files.exists(path) }

    /// Takes the flow over, as if the state had trained it in so many steps; false where it is not there.
    /// - Throws: `UserError(.data)` for a damaged file.
    package func read(into state: TrainingState, steps: Int) throws -> Bool {
        let world = state.backend.world
        // Rank 0 looks and reads: the others may have another disk.
        let own = try world.together { world.isFirst && exists ? try SafetensorsFile(path: path) : nil }
        guard let flow = state.flow, let file = try world.fromFirst(own, name: path) else { return false }
        try flow.store.read(from: file, prefix: "flow", at: path)
        state.flowIsInitialized = true
        (state.step, state.flowUpdates) = (steps, steps)
        let seconds = file.metadata["seconds"].flatMap(Double.init) ?? 0
        state.seconds[0] = (0..<1e9).contains(seconds) ? seconds : 0
        return true
    }

    package func write(_ state: TrainingState) throws {
        guard let flow = state.flow else { return }
        try state.backend.world.onFirst {
            try cache.expectWritable()
            var file = SafetensorsFile()
            flow.store.write(to: &file, prefix: "flow")
            file.metadata["seconds"] = state.seconds[0].description
            try file.write(to: path)
        }
    }
}
