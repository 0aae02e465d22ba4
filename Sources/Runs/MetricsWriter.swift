import Foundation
import System

/// Appends to `metrics.jsonl`, whole lines only.
public final class MetricsWriter {
    private let path: String
    private let descriptor: Int32
    /// Bytes in the file.
    private(set) var offset: Int

    package init(path: String) throws {
        self.path = path
        let isNew = !Files.exists(path)
        descriptor = Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        offset = descriptor < 0 ? 0 : Int(lseek(descriptor, 0, SEEK_END))
        // A checkpoint counts on the lines before it: a power cut must not take the whole file.
        guard descriptor >= 0, !isNew || SystemCall.syncFolder(Files.split(path).folder) else {
            throw failure()
        }
    }

    /// Writes nothing: for ranks that leave that to another.
    package init() { (path, descriptor, offset) = ("", -1, 0) }

    private var isSilent: Bool { descriptor < 0 }

    deinit { if !isSilent { close(descriptor) } }

    /// Appends one line.
    ///
    /// Throws `UserError(.output)` when the disk is full; what was written is taken back.
    public func append(_ row: MetricsRow) throws { try append(Array(row.line.utf8)[...]) }

    /// Appends whole lines.
    package func append(_ lines: ArraySlice<UInt8>) throws {
        guard !isSilent else { return }
        guard lines.withUnsafeBytes({ SystemCall.writeAll($0, to: descriptor) }) else {
            let error = failure()
            _ = SystemCall.truncate(descriptor, to: offset)
            throw error
        }
        offset += lines.count
    }

    /// Forces every line to the disk and returns the length of the file: what a checkpoint remembers.
    package func sync() throws -> Int {
        guard isSilent || SystemCall.sync(descriptor) else { throw failure() }
        return offset
    }

    /// Cuts the file to the lines that a checkpoint knows; false when it is shorter already.
    package func truncate(to length: Int) throws -> Bool {
        guard !isSilent else { return true }
        guard length <= offset else { return false }
        guard SystemCall.truncate(descriptor, to: length) else { throw failure() }
        offset = length
        return true
    }

    private func failure() -> UserError {
        UserError(
            .output, "cannot write: \(SystemCall.reason)", at: path, advice: "free space, then --resume")
    }
}
