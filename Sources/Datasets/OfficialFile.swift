import Tensors

/// A published file that has to be fetched by hand.
struct OfficialFile: Sendable {
    let name: String
    let bytes: String
    let md5: String
    /// Where it is published.
    let origin: String

    /// The file's path in `directory`.
    /// - Throws: `UserError(.missing)` with the file's official name, size and md5.
    func find(in directory: String) throws(UserError) -> String {
        let path = "\(directory)/\(name)"
        guard Files.exists(path) else {
            throw UserError(
                .missing, "is missing", at: path,
                advice: "get \(name) (\(bytes) bytes, md5 \(md5)) from \(origin) and put it in \(directory)")
        }
        return path
    }
}
