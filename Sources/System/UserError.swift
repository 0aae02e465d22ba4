/// Something a user can mend: one line that says what, where, and what to do, and the exit code of `fce`.
public struct UserError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Exit codes follow sysexits(3), so that scripts can tell the cases apart.
    public enum Kind: Int32, Sendable {
        /// A file's content is wrong: truncated, of another format, or inconsistent.
        case data = 65
        /// A file or folder is missing or unreadable.
        case missing = 66
        /// Cells of a table have failed.
        case incomplete = 69
        /// Training diverged: a non-finite loss, or a flow destroyed.
        case diverged = 70
        /// The machine has not the memory that is asked for.
        case memory = 71
        /// Writing failed: full disk, no permission.
        case output = 74
        /// The run directory is in use by another process.
        case busy = 75
        /// The recipe, or the run directory for this recipe, is not acceptable.
        case recipe = 78
    }

    public let kind: Kind
    public let what: String
    /// File, line or key.
    public let place: String?
    public let advice: String?

    public init(_ kind: Kind, _ what: String, at place: String? = nil, advice: String? = nil) {
        self.kind = kind
        self.what = what
        self.place = place
        self.advice = advice
    }

    /// One line that a terminal can show, whatever names the error repeats from a file.
    public var description: String {
        PathText.printable((place.map { "\($0): " } ?? "") + what + (advice.map { "; \($0)" } ?? ""))
    }
}
