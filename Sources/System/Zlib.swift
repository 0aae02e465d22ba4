internal import CZlib

/// A zlib or gzip stream, inflated piece by piece: no more is produced than the reader asks for.
package final class InflateSource: ByteSource {
    /// A deflate stream expands at most 1032 times (zlib's technical details), so a short file that claims to
    /// hold gigabytes is refused before they are allocated.
    private static let largestExpansion = 1032

    /// A limit larger than any data set read here: SVHN's `extra` is 1.6 GB.
    private static let largestSize = 1 << 32

    private let file: String
    private let compressed: ArraySlice<UInt8>
    private var consumed = 0
    private var produced = 0
    private var finished = false
    /// The stream is on the heap because zlib remembers the address at which it was initialised.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// Recognises zlib and gzip headers by themselves; a stream inside of another format (`isRaw`) has none.
    package init(_ compressed: ArraySlice<UInt8>, file: String, isRaw: Bool = false) throws(UserError) {
        self.compressed = compressed
        self.file = file
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, isRaw ? -15 : 15 + 32, ZLIB_VERSION, size) == Z_OK else {
            throw UserError(.data, "cannot be inflated: no memory for zlib", at: file, advice: "free memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    package var remainingLimit: Int {
        let possible = (compressed.count + 1) * Self.largestExpansion
        return finished ? 0 : min(possible, Self.largestSize) - produced
    }

    package func take(_ count: Int) throws(UserError) -> [UInt8] {
        guard count >= 0, count <= remainingLimit else { throw .truncated(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = fill(UnsafeMutableBufferPointer(rebasing: buffer.prefix(count)))
        }
        produced += bytes.count
        guard bytes.count == count else {
            throw .damaged(file, finished ? "ends too early" : "is truncated or corrupt (zlib)")
        }
        return bytes
    }

    /// Reads to the end and verifies the stream's checksum, which follows its last byte.
    package func expectEnd() throws(UserError) {
        var extra: UInt8 = 0
        let more = withUnsafeMutablePointer(to: &extra) {
            fill(UnsafeMutableBufferPointer(start: $0, count: 1))
        }
        guard more == 0 else { throw .trailing(file) }
        guard finished else { throw .damaged(file, "is truncated or corrupt (zlib)") }
        guard consumed == compressed.count else { throw .trailing(file) }
    }

    /// Inflates until `output` is full, the stream ends, or it proves corrupt; returns the bytes written.
    private func fill(_ output: UnsafeMutableBufferPointer<UInt8>) -> Int {
        compressed.withUnsafeBufferPointer { input in
            var written = 0
            while written < output.count, !finished {
                // zlib counts in 32 bits.
                let available = min(input.count - consumed, 1 << 30)
                let wanted = min(output.count - written, 1 << 30)
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress.map { $0 + consumed })
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = output.baseAddress.map { $0 + written }
                stream.pointee.avail_out = UInt32(wanted)
                let status = inflate(stream, Z_NO_FLUSH)
                consumed += available - Int(stream.pointee.avail_in)
                written += wanted - Int(stream.pointee.avail_out)
                finished = status == Z_STREAM_END
                if status != Z_OK { break }
            }
            return written
        }
    }
}

/// `bytes` as one zlib stream at the default level.
package func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
        let status = compress(buffer.baseAddress, &size, bytes, UInt(bytes.count))
        // `compressBound` leaves room for the worst case, so only exhausted memory can fail here.
        precondition(status == Z_OK, "zlib: \(status)")
        count = Int(size)
    }
}
