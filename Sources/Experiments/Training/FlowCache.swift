import Flows
import Foundation
import Networks
import System
import Tensors

/// Trained flows by the hash of everything that made them, so that no run repeats another's maximum likelihood.
public struct FlowCache: Sendable {
    /// The folder of flows.
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// Throws `UserError(.output)` when no flow can be kept: better now than when one is trained.
    func expectWritable() throws {
        try Files.makeFolder(folder, advice: "choose another folder for trained flows with --flows")
    }

    /// A flow must be evaluated in the precision it trained in: both are part of its name.
    func path(_ hash: String, precision: ScalarType) -> String {
        "\(folder)/flow-\(hash.prefix(24))-\(precision.rawValue).safetensors"
    }

    /// The flow at `path` with the seconds it took; nil where there is none.
    /// - Throws: `UserError(.data)` for a damaged file.
    func read(_ path: String) throws -> (file: SafetensorsFile, seconds: Double)? {
        guard Files.exists(path) else { return nil }
        let file = try SafetensorsFile(path: path)
        let seconds = file.metadata["seconds"].flatMap(Double.init) ?? 0
        return (file, (0..<1e9).contains(seconds) ? seconds : 0)
    }

    func write(_ state: TrainingState, to path: String) throws {
        guard let flow = state.flow else { return }
        try expectWritable()
        var file = SafetensorsFile()
        flow.store.write(to: &file, prefix: "flow")
        file.metadata["seconds"] = state.seconds[0].description
        try file.write(to: path)
    }
}
