import Foundation
import Tensors

/// Files and folders, with errors a user can act on. Paths are texts as ``PathText`` describes.
package enum Files {
    /// Whether something is at `path`, as far as it can be seen.
    package static func exists(_ path: String) -> Bool { mode(path) != nil }

    /// Whether something is at `path`.
    /// - Throws: `UserError(.missing)` when that cannot be told, such as for lack of permission.
    static func find(_ path: String) throws(UserError) -> Bool {
        guard mode(path) == nil else { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw .unreadable(path, "looked at") }
        return false
    }

    package static func isFolder(_ path: String) -> Bool {
        mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether the name itself is a link, wherever it leads.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return withSystemPath(path) { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return withSystemPath(path) { stat($0, &status) } == 0 ? status.st_mode : nil
    }

    /// Names a file or folder whatever path leads to it.
    struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    static func identity(_ path: String) -> Identity? {
        var status = stat()
        guard withSystemPath(path, { stat($0, &status) }) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino)
    }

    /// The folder at `path` and all that it lies in.
    static func ancestors(of path: String) -> Set<Identity> {
        var (found, path) = (Set<Identity>(), path)
        while let identity = identity(path), found.insert(identity).inserted { path += "/.." }
        return found
    }

    /// Whether both paths lead to one existing file.
    static func same(_ first: String, _ second: String) -> Bool {
        identity(first).map { $0 == identity(second) } ?? false
    }

    /// A file's bytes, or the first `limit` of them.
    /// - Throws: `UserError(.missing)` when the file is absent, a folder, or unreadable.
    package static func read(_ path: String, limit: Int = .max) throws(UserError) -> [UInt8] {
        guard let file = withSystemPath(path, { fopen($0, "rbe") }) else {
            throw .unreadable(path, "opened")
        }
        defer { fclose(file) }
        var status = stat()
        guard fstat(fileno(file), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw UserError(.missing, "is not a regular file", at: path, advice: "name a file")
        }
        let size = min(limit, Int(status.st_size))
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = size == 0 ? 0 : fread(buffer.baseAddress, 1, size, file)
        }
        guard bytes.count == size else { throw .unreadable(path, "read to its end") }
        return bytes
    }

    /// The folder that a path names something in, and the name; `.` where the path has no folder.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// The folder at `path`, or the one of the file at `path`.
    static func folder(of path: String) -> String {
        exists(path) && !isFolder(path) ? split(path).folder : path
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

    /// Makes the folder at `path` and those above it, where they are missing.
    /// - Throws: `UserError(.output)`.
    package static func makeFolder(_ path: String) throws(UserError) {
        guard !isFolder(path), !path.isEmpty else { return }
        if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
        guard withSystemPath(path, { mkdir($0, 0o777) }) == 0 || errno == EEXIST && isFolder(path) else {
            throw UserError(
                .output, "cannot be created (\(SystemCall.reason))", at: path,
                advice: "choose another folder, or get permission to write there")
        }
    }

    /// All names in a folder but `.` and `..`, sorted by their bytes so that every machine sees one order.
    /// - Throws: `UserError(.missing)`.
    package static func list(_ path: String) throws(UserError) -> [String] {
        guard let folder = withSystemPath(path, { opendir($0) }) else { throw .unreadable(path, "listed") }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .unreadable(path, "listed to its end") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map(PathText.text)
    }
}

extension UserError {
    /// `path` cannot be `done`, such as "opened", for the reason of the system call that has just failed.
    package static func unreadable(_ path: String, _ done: String) -> UserError {
        let code = errno
        return UserError(
            .missing, "cannot be \(done) (\(String(cString: strerror(code))))", at: path,
            advice: advice(for: code, path))
    }

    private static func advice(for code: Int32, _ path: String) -> String {
        switch code {
        case EACCES, EPERM: "get permission to read it"
        case ENOENT:
            path.hasPrefix("~")
                ? "only a shell knows `~`: write the folder out, as in \(NSHomeDirectory())/Photos"
                : "check the path"
        case ENOTDIR: "name a folder"
        case ELOOP: "its links lead in a circle: mend them"
        default: "check the disk"
        }
    }
}
