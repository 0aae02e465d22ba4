import Foundation
import Tensors

/// Whole files in and out, with errors a user can act on.
package enum Files {
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: `UserError(.missing)` when the file is absent, a folder, or unreadable.
    package static func read(_ path: String) throws(UserError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw UserError(
                .missing, "cannot be opened (\(SystemCall.reason))", at: path, advice: "check the path")
        }
        defer { fclose(file) }
        var status = stat()
        guard fstat(fileno(file), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw UserError(.missing, "is not a regular file", at: path, advice: "name a file")
        }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = size == 0 ? 0 : fread(buffer.baseAddress, 1, size, file)
        }
        guard bytes.count == size else {
            throw UserError(
                .missing, "cannot be read to its end (\(SystemCall.reason))", at: path,
                advice: "check the disk")
        }
        return bytes
    }

    /// Replaces the file at `path`; see ``AtomicFile``.
    /// - Throws: `UserError(.output)` on a full disk or missing permission; nothing is left behind.
    static func write(_ bytes: [UInt8], to path: String) throws(UserError) {
        do {
            try AtomicFile.write(to: path) { file in try bytes.withUnsafeBytes { try file.append($0) } }
        } catch let error as UserError {
            throw error
        } catch {
            throw UserError(.output, "cannot be written: \(error)", at: path)
        }
    }

    static func makeFolder(_ path: String) throws(UserError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UserError(
                .output, "cannot be created (\(SystemCall.reason))", at: path, advice: "check permission")
        }
    }

    /// Whether both paths lead to one existing file.
    static func same(_ first: String, _ second: String) -> Bool {
        var a = stat()
        var b = stat()
        return stat(first, &a) == 0 && stat(second, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
    }

    static func isFolder(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder.boolValue
    }

    /// The visible names in a folder, sorted by their bytes so that every machine sees one order.
    static func list(_ path: String) throws(UserError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw UserError(
                .missing, "cannot be listed (\(SystemCall.reason))", at: path, advice: "check the path")
        }
    }
}
