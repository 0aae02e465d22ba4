import System

/// A published file that has to be fetched by hand.
struct OfficialFile: Sendable {
    let name: String
    let bytes: String
    let md5: String
    /// The site that publishes the file.
    let origin: String

    /// Its name, with what tells it from others.
    var description: String { "\(name) (\(bytes) bytes, md5 \(md5)) from \(origin)" }

    /// The file's path in `directory`.
    /// - Throws: `UserError(.missing)` with the file's official name, size and md5, or with `advice`; also when nothing
    ///   can be seen in the folder.
    func find(in directory: String, advice: String? = nil) throws(UserError) -> String {
        let path = "\(directory)/\(name)"
        guard try Files.find(path) else {
            throw UserError(
                .missing, "is missing", at: path,
                advice: advice ?? "get \(description) and put it in \(directory)")
        }
        return path
    }
}
