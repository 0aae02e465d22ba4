/// A protocol buffer message, written field by field: https://protobuf.dev/programming-guides/encoding/
package struct ProtobufMessage {
    package private(set) var bytes: [UInt8] = []

    /// How a field's value is laid out.
    private enum Layout: UInt64 { case varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 }

    package init() {}

    /// An `int32`, `int64` or `enum`.
    package mutating func add(_ field: Int, _ value: Int) {
        begin(field, .varint)
        append(varint: UInt64(bitPattern: Int64(value)))
    }

    /// A `float`.
    package mutating func add(_ field: Int, _ value: Float) {
        begin(field, .fixed32)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// A `double`.
    package mutating func add(_ field: Int, _ value: Double) {
        begin(field, .fixed64)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// A `string`.
    package mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    /// A message within this one.
    package mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// A `bytes`.
    package mutating func add(_ field: Int, _ content: [UInt8]) {
        begin(field, .delimited)
        append(varint: UInt64(content.count))
        bytes += content
    }

    private mutating func begin(_ field: Int, _ layout: Layout) {
        append(varint: UInt64(field) << 3 | layout.rawValue)
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
