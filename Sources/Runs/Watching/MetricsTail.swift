import Foundation
import System

/// What a run has measured so far, read a piece at a time while the run writes it.
public struct MetricsTail: Sendable {
    private let path: String
    /// Bytes that have been read, up to the end of a line.
    private var offset: UInt64 = 0
    /// Every quantity in the order it was written.
    public private(set) var curves: [String: [Double]] = [:]

    public init(path: String) { self.path = path }

    /// Reads the lines that were added; from the beginning where the file has become shorter, as a resumed run makes it.
    /// A line that is torn is read once it is whole, and one that is no row of metrics says nothing.
    public mutating func read() {
        let descriptor = Files.open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let end = try? file.seekToEnd() else { return }
        if end < offset { (offset, curves) = (0, [:]) }
        guard end > offset, (try? file.seek(toOffset: offset)) != nil,
            let bytes = try? file.read(upToCount: Int(end - offset)),
            let last = bytes.lastIndex(of: UInt8(ascii: "\n"))
        else { return }
        let whole = bytes[bytes.startIndex...last]
        offset += UInt64(whole.count)
        for line in whole.split(separator: UInt8(ascii: "\n")) {
            guard let row = try? decodedJSON(MetricsRow.self, printableJSON(Array(line))) else { continue }
            for (key, value) in row.values { curves[key, default: []].append(value) }
        }
    }
}
