import Flows
import Networks
import System
import Tensors

/// What takes a phase long to draw from a fixed flow, in chunks that are kept on disk until the phase ends. A run that is
/// resumed reads the chunks it had and draws those that are missing, to the same bits. Of several ranks the first one keeps them.
package struct KeptDraws {
    private let file: ChunkFile?
    private let context: TrainingContext

    /// - Parameters:
    ///   - name: of the file, one for each thing that the phase draws.
    ///   - details: what decides the numbers beside flow, phase and seed.
    ///   - flow: a flow that stands still.
    ///   - context: says where the file is; nothing is kept where the state names no folder.
    /// - Throws: `UserError(.output)` when the file cannot be written.
    package init(_ name: String, _ details: String, of flow: any Flow, _ context: TrainingContext) throws {
        self.context = context
        file = try context.backend.world.together { try Self.file(name, details, of: flow, context) }
    }

    private static func file(
        _ name: String, _ details: String, of flow: any Flow, _ context: TrainingContext
    ) throws -> ChunkFile? {
        guard let folder = context.state.draws else { return nil }
        var hash = SHA256()
        let precision = context.backend.reduced.rawValue
        hash.update("\(name) \(context.phaseIndex) \(context.seed) \(precision) \(details)\n".utf8)
        for name in flow.store.names {
            hash.update("\(name) \(flow.store[name].shape)\n".utf8)
            context.backend.floats(flow.store[name]).withUnsafeBytes { hash.update($0) }
        }
        let path = "\(folder)/\(context.phaseIndex)-\(name)"
        return try ChunkFile(path, identity: hash.hex())
    }

    /// The next chunk. A signal is looked for before it.
    ///
    /// - Parameters:
    ///   - shapes: of the tensors that `draw` gives, and their types: float64, or the backend's real one.
    ///   - draw: makes the chunk where it is not kept.
    /// - Throws: ``Interrupted``; `UserError(.output)` when the disk is full.
    package func next(_ shapes: [(Shape, ScalarType)], draw: () -> [Tensor]) throws -> [Tensor] {
        try context.state.checkInterruption()
        let world = context.backend.world
        let counts = shapes.map { $0.0.count * Self.width($0.1) }
        guard let bytes = world.fromFirst(file?.nextKept(counts.reduce(0, +))) else {
            let drawn = draw()
            try world.onFirst { try file?.keep(drawn.flatMap(bytes)) }
            return drawn
        }
        var start = 0
        return zip(shapes, counts).map { part, count in
            defer { start += count }
            return tensor(bytes[start..<start + count], part.0, part.1)
        }
    }

    private static func width(_ type: ScalarType) -> Int { type == .float64 ? 8 : 4 }

    private func bytes(_ tensor: Tensor) -> [UInt8] {
        tensor.type == .float64
            ? context.backend.doubles(tensor).withUnsafeBytes { Array($0) }
            : context.backend.floats(tensor).withUnsafeBytes { Array($0) }
    }

    private func tensor(_ bytes: ArraySlice<UInt8>, _ shape: Shape, _ type: ScalarType) -> Tensor {
        type == .float64
            ? context.backend.tensor(values(bytes, 0.0), shape, type)
            : context.backend.tensor(values(bytes, Float(0)), shape, type)
    }

    private func values<Value: BitwiseCopyable>(_ bytes: ArraySlice<UInt8>, _ zero: Value) -> [Value] {
        let count = bytes.count / MemoryLayout<Value>.stride
        var values = [Value](repeating: zero, count: count)
        values.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        return values
    }
}
