import Foundation

extension Files {
    /// The absolute path without links, whether or not something is there yet.
    package static func absolute(_ path: String) -> String {
        guard let real = withSystemPath(path.isEmpty ? "." : path, { realpath($0, nil) }) else {
            let (folder, name) = split(path)
            // The working folder itself may be gone.
            guard folder != path else { return path }
            return (folder == "/" ? "" : absolute(folder)) + "/" + name
        }
        defer { free(real) }
        return PathText.text(
            of: UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
    }
}
