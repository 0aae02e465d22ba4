internal import CSHA256

/// SHA-256 (FIPS 180-4), for naming data and recipes by their content.
public struct SHA256: Sendable {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB,
        0x5BE0_CD19,
    ]
    /// The last, incomplete block: fewer than 64 bytes.
    private var tail: [UInt8] = []
    private var length: UInt64 = 0

    public init() {}

    /// The digest of `bytes` as 64 lower-case hexadecimal digits.
    public static func hex(of bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hex()
    }

    /// Appends `bytes` to the message.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// Appends `bytes` to the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !tail.isEmpty {
            let taken = rest.prefix(64 - tail.count)
            tail.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            guard tail.count == 64 else { return }
            tail.withUnsafeBytes { Self.compress($0, into: &state) }
            tail.removeAll(keepingCapacity: true)
        }
        let whole = rest.prefix(rest.count & ~63)
        Self.compress(UnsafeRawBufferPointer(rebasing: whole), into: &state)
        tail.append(contentsOf: rest.dropFirst(whole.count))
    }

    /// The digest of the message so far: 64 lower-case hexadecimal digits.
    public func hex() -> String {
        var end = tail
        end.append(0x80)
        while end.count % 64 != 56 { end.append(0) }
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            end.append(UInt8(truncatingIfNeeded: (length &* 8) >> shift))
        }
        var digest = state
        end.withUnsafeBytes { Self.compress($0, into: &digest) }
        return digest.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// Takes in the whole blocks of 64 bytes that `bytes` consists of.
    private static func compress(_ bytes: UnsafeRawBufferPointer, into state: inout [UInt32]) {
        guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
        csha256_compress(&state, start, bytes.count / 64)
    }
}
