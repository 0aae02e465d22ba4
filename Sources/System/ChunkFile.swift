import Foundation

/// A file of chunks that took long to compute. They are appended as they come, so that work that was stopped goes on after
/// the last whole one.
///
/// The file begins with the identity of what it holds. Every chunk follows its SHA-256, so that one that a crash left
/// damaged is computed again, with all that follow it.
package final class ChunkFile {
    private let path: String
    private let descriptor: Int32
    /// Whether the next chunk may be in the file.
    private var isReading: Bool
    /// Where the next chunk begins.
    private var offset: Int
    private static let digits = 64

    /// Opens the file, which is emptied where it is of another identity.
    ///
    /// - Parameters:
    ///   - path: the file; its folder is made.
    ///   - identity: a SHA-256 in hexadecimal digits of everything that decides the chunks.
    /// - Throws: `UserError(.output)` when it cannot be written.
    package init(_ path: String, identity: String) throws {
        precondition(identity.utf8.count == Self.digits)
        self.path = path
        try Files.makeFolder(Files.split(path).folder)
        descriptor = Files.open(path, O_RDWR | O_CREAT, mode: 0o644)
        (isReading, offset) = (false, Self.digits)
        guard descriptor >= 0 else { throw failure() }
        isReading = read(Self.digits, at: 0) == Array(identity.utf8)
        if !isReading {
            offset = 0
            try append(Array(identity.utf8))
        }
    }

    deinit { close(descriptor) }

    /// The next chunk of so many bytes; nil where it, or one before it, is not in the file.
    package func nextKept(_ count: Int) -> [UInt8]? {
        if isReading, let chunk = read(count, at: offset + Self.digits),
            read(Self.digits, at: offset) == Array(SHA256.hex(of: chunk).utf8)
        {
            offset += Self.digits + count
            return chunk
        }
        isReading = false
        return nil
    }

    /// Appends the chunk that ``nextKept(_:)`` has not found.
    /// - Throws: `UserError(.output)` when the disk is full.
    package func keep(_ chunk: [UInt8]) throws {
        try append(Array(SHA256.hex(of: chunk).utf8) + chunk)
    }

    /// Writes at the end of what is whole, and drops what followed.
    private func append(_ bytes: [UInt8]) throws {
        guard SystemCall.truncate(descriptor, to: offset),
            lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset),
            bytes.withUnsafeBytes({ SystemCall.writeAll($0, to: descriptor) })
        else { throw failure() }
        offset += bytes.count
    }

    /// So many bytes from `start` on; nil where the file has fewer.
    private func read(_ count: Int, at start: Int) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let target = buffer.baseAddress.map { $0 + filled }
                let got = pread(descriptor, target, count - filled, off_t(start + filled))
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { return }
                filled += got
            }
        }
        return bytes.count == count ? bytes : nil
    }

    private func failure() -> UserError {
        UserError(
            .output, "cannot write: \(SystemCall.reason)", at: path, advice: "free space, then --resume")
    }
}
