import Foundation
import Glibc
import Synchronization

/// Files and folders, with errors a user can act on. Paths are texts as ``PathText`` describes.
package enum Files {
    /// Whether something is at `path`, as far as it can be seen.
    package static func exists(_ path: String) -> Bool { mode(path) != nil }

    /// Whether something is at `path`.
    /// - Throws: `UserError(.missing)` when that cannot be told, such as for lack of permission.
    package static func find(_ path: String) throws(UserError) -> Bool {
        guard mode(path) == nil else { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw .unreadable(path, "looked at") }
        return false
    }

    package static func isFolder(_ path: String) -> Bool {
        mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether the name itself is a link, wherever it leads.
    package static func isLink(_ path: String) -> Bool {
        var status = stat()
        return withSystemPath(path) { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return withSystemPath(path) { stat($0, &status) } == 0 ? status.st_mode : nil
    }

    /// Names a file or folder whatever path leads to it.
    package struct Identity: Hashable {
        package let device: dev_t
        package let inode: ino_t
    }

    package static func identity(_ path: String) -> Identity? {
        var status = stat()
        guard withSystemPath(path, { stat($0, &status) }) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino)
    }

    /// Bytes of the file at `path`; nil where there is none.
    package static func size(_ path: String) -> Int? {
        var status = stat()
        return withSystemPath(path) { stat($0, &status) } == 0 ? Int(status.st_size) : nil
    }

    /// The folder at `path` and all that it lies in.
    package static func ancestors(of path: String) -> Set<Identity> {
        var (found, path) = (Set<Identity>(), path)
        while let identity = identity(path), found.insert(identity).inserted { path += "/.." }
        return found
    }

    /// Whether both paths lead to one existing file.
    package static func same(_ first: String, _ second: String) -> Bool {
        identity(first).map { $0 == identity(second) } ?? false
    }

    /// The whole file, or its first `limit` bytes; nil with `errno` set, to EINVAL for what is no plain file.
    package static func contents(_ path: String, limit: Int = .max) -> [UInt8]? {
        // Without O_NONBLOCK opening a pipe would wait for somebody to write into it.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            errno = EINVAL
            return nil
        }
        let size = min(limit, Int(status.st_size))
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, size - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { isWhole = false }
                if count <= 0 { break }
                filled += count
            }
        }
        return isWhole ? bytes : nil
    }

    /// A file's bytes, or the first `limit` of them.
    /// - Throws: `UserError(.missing)` when the file is absent, a folder, or unreadable.
    package static func read(_ path: String, limit: Int = .max) throws(UserError) -> [UInt8] {
        guard let bytes = contents(path, limit: limit) else {
            guard errno == EINVAL else { throw .unreadable(path, "read") }
            throw UserError(.missing, "is not a regular file", at: path, advice: "name a file")
        }
        return bytes
    }

    /// The folder that a path names something in, and the name; `.` where the path has no folder.
    package static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// The folder at `path`, or the one of the file at `path`.
    package static func folder(of path: String) -> String {
        exists(path) && !isFolder(path) ? split(path).folder : path
    }

    /// Replaces the file at `path`; see ``AtomicFile``.
    /// - Throws: `UserError(.output)` on a full disk or missing permission; nothing is left behind.
    package static func write(_ bytes: [UInt8], to path: String) throws(UserError) {
        do {
            try AtomicFile.write(to: path) { file in try bytes.withUnsafeBytes { try file.append($0) } }
        } catch let error as UserError {
            throw error
        } catch {
            throw UserError(.output, "cannot be written: \(error)", at: path)
        }
    }

    /// Makes the folder at `path` and those above it, where they are missing, and expects that files can be written in it.
    /// New folders are on the disk when this returns: what is written into them would be lost with them.
    /// - Throws: `UserError(.output)` with `advice`.
    package static func makeFolder(
        _ path: String, advice: String = "choose another folder, or get permission to write there"
    ) throws(UserError) {
        guard make(path), withSystemPath(path, { access($0, W_OK | X_OK) }) == 0 else {
            throw UserError(
                .output, "is no folder to write in (\(SystemCall.reason))", at: path, advice: advice)
        }
    }

    /// False with `errno` set where that is not possible.
    private static func make(_ path: String) -> Bool {
        if isFolder(path) { return true }
        let folder = split(path).folder
        guard makeOne(path) || errno == ENOENT && folder != path && make(folder) && makeOne(path) else {
            return false
        }
        return SystemCall.syncFolder(folder)
    }

    /// Another process may make the folder at the same time.
    private static func makeOne(_ path: String) -> Bool {
        withSystemPath(path) { mkdir($0, 0o777) } == 0 || errno == EEXIST && isFolder(path)
    }

    /// Removes the file at `path`, if there is one.
    package static func remove(_ path: String) { _ = withSystemPath(path) { unlink($0) } }

    /// Whether the file at `path` could be given another name, in place of whatever had it.
    package static func rename(_ path: String, to other: String) -> Bool {
        withSystemPath(path) { old in withSystemPath(other) { Foundation.rename(old, $0) } } == 0
    }

    /// Opens a file as `open` of the system does; −1 with `errno` set where that is not possible.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) -> Int32 {
        withSystemPath(path) { name in
            SystemCall.uninterrupted { Foundation.open(name, flags | O_CLOEXEC, mode) }
        }
    }

    /// What pipes have given: they give it once, and readers may look twice.
    private static let streams = Mutex<[String: [UInt8]]>([:])

    /// Everything that a file, a pipe or a terminal has to give, also when it is asked again, or the first `limit` bytes.
    /// - Throws: `UserError(.missing)` when it cannot be read.
    package static func readStream(_ path: String, limit: Int = .max) throws(UserError) -> [UInt8] {
        guard mode(path).map({ $0 & S_IFMT != S_IFREG }) ?? false else {
            return try read(path, limit: limit)
        }
        if let bytes = streams.withLock({ $0[path] }) { return bytes }
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw .unreadable(path, "opened") }
        defer { close(descriptor) }
        let bytes = try readStream(descriptor, path, limit: limit)
        streams.withLock { $0[path] = bytes }
        return bytes
    }

    /// Everything on standard input.
    /// - Throws: `UserError(.missing)` when it cannot be read.
    package static func readStandardInput() throws(UserError) -> [UInt8] {
        try readStream(STDIN_FILENO, "standard input", limit: .max)
    }

    private static func readStream(
        _ descriptor: Int32, _ path: String, limit: Int
    ) throws(UserError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path, "read") }
            bytes += buffer.prefix(min(count, limit - bytes.count))
            guard count > 0, bytes.count < limit else { return bytes }
        }
    }

    /// A name in a folder.
    package struct Entry {
        package let name: String
        /// Links to folders count as folders.
        package let isFolder: Bool
    }

    /// All names in a folder but `.` and `..`, sorted by their bytes so that every machine sees one order.
    /// - Throws: `UserError(.missing)`.
    package static func list(_ path: String) throws(UserError) -> [String] {
        try names(path).map { PathText.text(of: $0.bytes) }
    }

    /// The same names, and whether they are folders.
    /// - Throws: `UserError(.missing)`.
    package static func entries(_ path: String) throws(UserError) -> [Entry] {
        try names(path).map { name in
            let text = PathText.text(of: name.bytes)
            return Entry(name: text, isFolder: name.isFolder ?? isFolder("\(path)/\(text)"))
        }
    }

    /// `isFolder` is nil where the folder does not say what the name leads to: for links, and on some file systems for all.
    private static func names(
        _ path: String
    ) throws(UserError) -> [(bytes: [UInt8], isFolder: Bool?)] {
        guard let folder = withSystemPath(path, { opendir($0) }) else { throw .unreadable(path, "listed") }
        defer { closedir(folder) }
        var names: [(bytes: [UInt8], isFolder: Bool?)] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let kind = Int(entry.pointee.d_type)
            let isFolder = [Int(DT_DIR): true, Int(DT_REG): false][kind]
            if name != [0x2E], name != [0x2E, 0x2E] { names.append((name, isFolder)) }
            errno = 0
        }
        guard errno == 0 else { throw .unreadable(path, "listed to its end") }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
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
                : path.contains("\\") ? "check the path; folders end in /" : "check the path"
        case ENOTDIR: "name a folder"
        case ELOOP: "its links lead in a circle: mend them"
        default: "check the disk"
        }
    }
}
