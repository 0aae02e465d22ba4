internal import CZlib
import System

/// The files of a ZIP archive below 4 GB, stored or deflated: what NumPy's `.npz` is (PKWARE's APPNOTE, 6.3).
struct ZipFile {
    private struct Entry {
        let method: Int
        let checksum: Int
        let compressedSize: Int
        let size: Int
        let start: Int
    }

    private let bytes: [UInt8]
    private let file: String
    private var entries: [String: Entry] = [:]

    /// Names of the files in the archive, sorted.
    var names: [String] { entries.keys.sorted() }

    /// Reads the directory at the archive's end.
    /// - Throws: `UserError(.data)` for anything else than such an archive.
    init(_ bytes: [UInt8], file: String) throws(UserError) {
        self.bytes = bytes
        self.file = file
        // A comment of at most 65,535 bytes may follow the record, which has 22.
        let ends = stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 65535), by: -1)
        guard bytes.count >= 22,
            let end = ends.first(where: { bytes.little($0, 4) == 0x0605_4B50 && commentFits(at: $0) }),
            let count = bytes.little(end + 10, 2), let directory = bytes.little(end + 16, 4)
        else { throw .damaged(file, "is no whole ZIP archive") }
        guard directory != 0xFFFF_FFFF, count != 0xFFFF else {
            throw UserError(
                .data, "is an archive of 4 GB or more", at: file, advice: "save fewer images in a file")
        }
        var position = directory
        for _ in 0..<count { position = try addEntry(at: position) }
    }

    private func commentFits(at end: Int) -> Bool { bytes.little(end + 20, 2) == bytes.count - end - 22 }

    /// Returns where the next entry begins.
    private mutating func addEntry(at position: Int) throws(UserError) -> Int {
        guard bytes.little(position, 4) == 0x0201_4B50, let flags = bytes.little(position + 8, 2),
            let method = bytes.little(position + 10, 2), let checksum = bytes.little(position + 16, 4),
            let compressed = bytes.little(position + 20, 4), let size = bytes.little(position + 24, 4),
            let nameLength = bytes.little(position + 28, 2), let extraLength = bytes.little(position + 30, 2),
            let commentLength = bytes.little(position + 32, 2), let local = bytes.little(position + 42, 4),
            position + 46 + nameLength <= bytes.count
        else { throw .damaged(file, "has a damaged directory") }
        let name = PathText.text(of: bytes[position + 46..<position + 46 + nameLength])
        guard flags & 1 == 0, method == 0 || method == 8 else {
            throw UserError(
                .data, "holds \(name) encrypted or in an unusual compression", at: file,
                advice: "save it with numpy.savez or numpy.savez_compressed")
        }
        guard bytes.little(local, 4) == 0x0403_4B50, let localName = bytes.little(local + 26, 2),
            let localExtra = bytes.little(local + 28, 2)
        else { throw .damaged(file, "has a damaged directory") }
        let start = local + 30 + localName + localExtra
        guard start + compressed <= bytes.count, method == 8 || size == compressed else {
            throw .damaged(file, "is cut off in \(name)")
        }
        entries[name] = Entry(
            method: method, checksum: checksum, compressedSize: compressed, size: size, start: start)
        return position + 46 + nameLength + extraLength + commentLength
    }

    /// The content of the file called `name`, or, for a look at its head, its first bytes, `limit` at most; nil where
    /// there is none of that name.
    /// - Throws: `UserError(.data)` when it is corrupt.
    func contents(_ name: String, limit: Int = .max) throws(UserError) -> [UInt8]? {
        guard let entry = entries[name] else { return nil }
        let stored = bytes[entry.start..<entry.start + entry.compressedSize]
        let wanted = min(limit, entry.size)
        var content = Array(stored.prefix(wanted))
        if entry.method == 8 {
            let source = try InflateSource(stored, file: file, isRaw: true)
            content = try source.take(wanted)
            if wanted == entry.size { try source.expectEnd() }
        }
        guard wanted < entry.size || Self.checksum(content) == entry.checksum else {
            throw .damaged(file, "is corrupt: the checksum of \(name) is wrong")
        }
        return content
    }

    private static func checksum(_ bytes: [UInt8]) -> Int { Int(crc32_z(0, bytes, bytes.count)) }
}
