import System

/// Arrays by name, from an `.npz` file, a folder of `.npy` files, or one `.npy` file.
struct NumPyArchive {
    /// The array's place, for errors.
    let place: String
    let names: [String]
    /// The one array there is, whatever it is called.
    let only: String?
    private let zip: ZipFile?

    private static let ending = ".npy"

    /// - Throws: `UserError(.missing)`, or `UserError(.data)` for anything else than arrays.
    static func open(_ path: String) throws(UserError) -> NumPyArchive {
        guard Files.isFolder(path) else { return try NumPyArchive(try Files.read(path), file: path) }
        let files = try FolderListing(path).files.filter { $0.hasSuffix(".npz") }
        guard let first = files.first else { return try NumPyArchive(folder: path) }
        guard files.count == 1 else {
            throw UserError(
                .data, "holds \(files.count) .npz files", at: path,
                advice: "name one of them: \(path)/\(first)")
        }
        return try open("\(path)/\(first)")
    }

    init(_ bytes: [UInt8], file path: String) throws(UserError) {
        if bytes.starts(with: "PK".utf8) {
            let zip = try ZipFile(bytes, file: path)
            let names = Self.arrays(in: zip.names)
            (self.zip, place, self.names, only) = (zip, path, names, names.count == 1 ? names[0] : nil)
            return
        }
        let (folder, file) = Files.split(path)
        guard file.hasSuffix(Self.ending) else { throw .damaged(path, "is no .npz or .npy file") }
        let name = String(file.dropLast(Self.ending.count))
        (zip, place, only) = (nil, folder, name)
        names = NumPyParts.isConventional(name) ? Self.arrays(in: try FolderListing(folder).files) : [name]
    }

    private init(folder: String) throws(UserError) {
        names = Self.arrays(in: try FolderListing(folder).files)
        (zip, place, only) = (nil, folder, names.count == 1 ? names[0] : nil)
        guard names.isEmpty else { return }
        throw UserError(
            .missing, "holds no .npz or .npy files", at: folder,
            advice: "save images and labels there with numpy.savez('data.npz', x=images, y=labels)")
    }

    private static func arrays(in files: [String]) -> [String] {
        files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    }

    /// - Parameter headerOnly: read no numbers.
    /// - Throws: `UserError(.data)` for a damaged array, `UserError(.missing)` for an unreadable file.
    func array(_ name: String, headerOnly: Bool = false) throws(UserError) -> NumPyArray {
        let limit = headerOnly ? NumPyArray.headerLimit : .max
        if let zip {
            let bytes = try zip.contents(name + Self.ending, limit: limit) ?? []
            return try NumPyArray(bytes, name: name, file: place, headerOnly: headerOnly)
        }
        let path = "\(place)/\(name)\(Self.ending)"
        return try NumPyArray(
            try Files.read(path, limit: limit), name: name, file: path, headerOnly: headerOnly)
    }
}
