/// Records of a TensorBoard event file: `Event` messages of tensorflow/core/util/event.proto, framed as TFRecord.
enum EventRecord {
    /// The record that an event file begins with.
    static func version(time: Double) -> [UInt8] {
        record(double(1, time) + bytes(3, Array("brain.Event:2".utf8)))
    }

    /// Numbers of one step.
    ///
    /// - Parameters:
    ///   - values: by tag; not a number (NaN) stays what it is.
    ///   - time: seconds since 1970.
    static func scalars(_ values: [(tag: String, value: Double)], step: Int, time: Double) -> [UInt8] {
        let summary = values.flatMap { tag, value in
            bytes(1, bytes(1, Array(tag.utf8)) + float(2, Float(value)))
        }
        return record(double(1, time) + [2 << 3] + varint(UInt64(step)) + bytes(5, summary))
    }

    /// Length, its checksum, data, their checksum; all little-endian.
    private static func record(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data))
    }

    // MARK: Fields of a Protocol Buffers message: the number with the kind of the value, then the value.

    private static func double(_ field: UInt8, _ value: Double) -> [UInt8] {
        [field << 3 | 1] + littleEndian(value.bitPattern)
    }

    private static func bytes(_ field: UInt8, _ value: [UInt8]) -> [UInt8] {
        [field << 3 | 2] + varint(UInt64(value.count)) + value
    }

    private static func float(_ field: UInt8, _ value: Float) -> [UInt8] {
        [field << 3 | 5] + littleEndian(value.bitPattern)
    }

    /// Seven bits a byte, the lowest first; all bytes but the last have the highest bit set.
    private static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}
