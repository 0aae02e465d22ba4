import Foundation

/// The memory that the system counts for this process: program, libraries, tensors and the libraries' scratch.
package enum ResidentMemory {
    /// Starts a new maximum; see proc(5), `clear_refs`.
    /// - Returns: whether the system allows it; without that ``peak`` is that of the process's whole life.
    package static func resetPeak() -> Bool {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return [UInt8(ascii: "5")].withUnsafeBytes { SystemCall.writeAll($0, to: descriptor) }
    }

    /// Bytes; nil where there is no `/proc`.
    package static var peak: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return kilobytes.map { $0 * 1024 }
    }
}
