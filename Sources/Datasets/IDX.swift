import System

/// An IDX file of bytes (LeCun's MNIST format): `dimensions` and the numbers, last dimension fastest.
struct IDX: Sendable {
    let dimensions: [Int]
    let bytes: [UInt8]

    /// Reads a plain or gzip-compressed file with `rank` dimensions.
    /// - Throws: `UserError(.data)` when the header, the size or the compression is wrong.
    init(_ file: [UInt8], rank: Int, file name: String) throws(UserError) {
        if file.starts(with: [0x1F, 0x8B]) {
            var source = try InflateSource(file[...], file: name)
            try self.init(&source, rank: rank, file: name)
        } else {
            var source = MemorySource(file[...], file: name)
            try self.init(&source, rank: rank, file: name)
        }
    }

    private init(_ source: inout some ByteSource, rank: Int, file: String) throws(UserError) {
        // Two zeros, the number type (8: unsigned bytes), the rank, then big-endian 32-bit sizes.
        let magic = try source.take(4)
        guard magic == [0, 0, 8, UInt8(rank)] else {
            throw .damaged(file, "is not an IDX file of bytes with \(rank) dimensions")
        }
        let header = try source.take(4 * rank)
        let dimensions = (0..<rank).map { header[4 * $0..<4 * $0 + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard let count = checkedProduct(dimensions), count > 0, count <= source.remainingLimit else {
            throw .damaged(file, "claims \(dimensions) numbers, which it cannot hold")
        }
        self.dimensions = dimensions
        bytes = try source.take(count)
        try source.expectEnd()
    }
}
