import Testing

#if canImport(Glibc)
import Glibc
#endif

/// The processor as Linux describes it, read apart from the code under test.
enum Processor {
    private static let description = (try? String(readingFile: "/proc/cpuinfo")) ?? ""

    /// Whether it has an instruction set, by Linux' name; false on anything but x86-64.
    static func has(_ flag: String) -> Bool { description.contains(" \(flag) ") }
}

extension String {
    /// A whole file of /proc, whose size is not known beforehand.
    fileprivate init(readingFile path: String) throws {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        self = String(decoding: bytes, as: UTF8.self)
    }
}
