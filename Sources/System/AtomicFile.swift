import Foundation

/// Writes a file so that a reader, also after a crash, sees the old content or the new one, nothing between:
/// a temporary name in the same folder, sync, rename, sync of the folder.
public struct AtomicFile: ~Copyable {
    /// Temporary files begin with this; those of a killed process may be removed by whoever holds the lock.
    package static let temporaryPrefix = ".partial-"
    private static let advice = "free space or choose another --out"

    private let path: String
    private let temporary: String
    private let descriptor: Int32

    private init(path: String) throws {
        self.path = path
        let (folder, name) = Files.split(path)
        temporary = "\(folder)/\(Self.temporaryPrefix)\(getpid())-\(name)"
        descriptor = Files.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        guard descriptor >= 0 else {
            throw UserError(.output, "cannot write: \(SystemCall.reason)", at: path, advice: Self.advice)
        }
    }

    deinit { close(descriptor) }

    /// The file that a link leads to. Only a plain file is replaced: a pipe or a device belongs to somebody else.
    private static func target(of path: String) throws -> String {
        var status = stat()
        guard withSystemPath(path, { stat($0, &status) }) == 0 else { return path }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw UserError(.output, "is no plain file", at: path, advice: "name a file to write")
        }
        guard Files.isLink(path), let real = withSystemPath(path, { realpath($0, nil) }) else { return path }
        defer { free(real) }
        return PathText.text(
            of: UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
    }

    /// Replaces the file at `path` by what `body` writes.
    ///
    /// - Parameters:
    ///   - path: the file's final place.
    ///   - isSynced: false saves the wait for the disk: fit for what a crash of the machine may lose.
    ///   - body: writes the content.
    ///
    /// Throws `UserError(.output)` when the disk is full or the folder cannot be written; the temporary file
    /// is removed and the old file stays.
    public static func write(
        to path: String, isSynced: Bool = true, _ body: (borrowing AtomicFile) throws -> Void
    ) throws {
        let file = try AtomicFile(path: Self.target(of: path))
        do {
            try body(file)
            try file.finish(isSynced: isSynced)
        } catch {
            Files.remove(file.temporary)
            throw error
        }
    }

    /// Replaces the file at `path` by `text`.
    public static func write(_ text: String, to path: String, isSynced: Bool = true) throws {
        try write(to: path, isSynced: isSynced) { file in
            try Array(text.utf8).withUnsafeBytes { try file.append($0) }
        }
    }

    /// Appends bytes.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard SystemCall.writeAll(bytes, to: descriptor) else { throw failure() }
    }

    private func finish(isSynced: Bool) throws {
        guard !isSynced || SystemCall.sync(descriptor), Files.rename(temporary, to: path),
            !isSynced || SystemCall.syncFolder(Files.split(path).folder)
        else { throw failure() }
    }

    private func failure() -> UserError {
        UserError(.output, "cannot write: \(SystemCall.reason)", at: path, advice: Self.advice)
    }
}
