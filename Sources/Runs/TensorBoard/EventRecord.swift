/// Records of a TensorBoard event file: `Event` messages of tensorflow/core/util/event.proto, framed as TFRecord.
package enum EventRecord {
    /// The record that an event file begins with.
    package static func version(time: Double) -> [UInt8] {
        var event = ProtobufMessage()
        event.add(1, time)
        event.add(3, "brain.Event:2")
        return record(event.bytes)
    }

    /// Numbers of one step.
    ///
    /// - Parameters:
    ///   - values: by tag; not a number (NaN) stays what it is.
    ///   - time: seconds since 1970.
    package static func scalars(_ values: [(tag: String, value: Double)], step: Int, time: Double) -> [UInt8]
    {
        var summary = ProtobufMessage()
        for (tag, value) in values {
            var scalar = ProtobufMessage()
            scalar.add(1, tag)
            scalar.add(2, Float(value))
            summary.add(1, scalar)
        }
        var event = ProtobufMessage()
        event.add(1, time)
        event.add(2, step)
        event.add(5, summary)
        return record(event.bytes)
    }

    /// Length, its checksum, data, their checksum; all little-endian.
    private static func record(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data))
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}
