import Foundation

/// One event of a TensorBoard event file, decoded apart from the product's code.
public struct DecodedEvent: Equatable, Sendable {
    public var time = 0.0
    public var step: UInt64 = 0
    public var version: String?
    /// By tag.
    public var values: [String: Float] = [:]
}

/// Reads an event file: TFRecord frames, whose checksums must be right, of `Event` messages.
public func decodeEvents(_ file: Data) throws -> [DecodedEvent] {
    var (rest, events) = (ArraySlice(Array(file)), [DecodedEvent]())
    while !rest.isEmpty {
        let length = try take(8, &rest)
        guard number(try take(4, &rest)) == maskedChecksum(length) else { throw EventError.checksum }
        let data = try take(Int(number(length)), &rest)
        guard number(try take(4, &rest)) == maskedChecksum(data) else { throw EventError.checksum }
        events.append(try event(data))
    }
    return events
}

public enum EventError: Error { case truncated, checksum, field(UInt64) }

private func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    guard count <= bytes.count else { throw EventError.truncated }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
}

private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// CRC-32C bit by bit: long division by the polynomial x³² + x²⁸ + … of RFC 3720, the lowest bit of a byte first.
private func maskedChecksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        for bit in 0..<8 {
            let isOdd = (remainder ^ UInt32(byte >> bit)) & 1 == 1
            remainder = (remainder >> 1) ^ (isOdd ? 0x82F6_3B78 : 0)
        }
    }
    let value = UInt64(~remainder)
    return ((value / 0x8000 + value % 0x8000 * 0x20000) + 0xA282_EAD8) % 0x1_0000_0000
}

private func varint(_ bytes: inout ArraySlice<UInt8>) throws -> UInt64 {
    var (value, shift) = (UInt64(0), UInt64(0))
    while let byte = bytes.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
    }
    throw EventError.truncated
}

private func event(_ data: ArraySlice<UInt8>) throws -> DecodedEvent {
    var (bytes, event) = (data, DecodedEvent())
    while !bytes.isEmpty {
        switch try varint(&bytes) {
        case 0x09: event.time = Double(bitPattern: number(try take(8, &bytes)))
        case 0x10: event.step = try varint(&bytes)
        case 0x1A:
            event.version = String(decoding: try take(Int(try varint(&bytes)), &bytes), as: UTF8.self)
        case 0x2A:
            var summary = try take(Int(try varint(&bytes)), &bytes)
            while !summary.isEmpty {
                guard try varint(&summary) == 0x0A else { throw EventError.truncated }
                let (tag, value) = try scalar(try take(Int(try varint(&summary)), &summary))
                event.values[tag] = value
            }
        case let field: throw EventError.field(field)
        }
    }
    return event
}

private func scalar(_ data: ArraySlice<UInt8>) throws -> (String, Float) {
    var (bytes, tag, value) = (data, "", Float.nan)
    while !bytes.isEmpty {
        switch try varint(&bytes) {
        case 0x0A: tag = String(decoding: try take(Int(try varint(&bytes)), &bytes), as: UTF8.self)
        case 0x15: value = Float(bitPattern: UInt32(number(try take(4, &bytes))))
        case let field: throw EventError.field(field)
        }
    }
    return (tag, value)
}
