/// Bytes taken from the front, in memory or out of a compressed stream.
package protocol ByteSource {
    /// No more than this many bytes can still come; checked before anything is allocated.
    var remainingLimit: Int { get }
    /// The next `count` bytes; throws when there are fewer.
    mutating func take(_ count: Int) throws(UserError) -> [UInt8]
    /// Throws unless everything has been taken.
    mutating func expectEnd() throws(UserError)
}

/// Bytes of a file in memory, from the front.
package struct MemorySource: ByteSource {
    package let file: String
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>, file: String) {
        self.bytes = bytes
        self.file = file
        position = bytes.startIndex
    }

    package var remainingLimit: Int { bytes.endIndex - position }

    package mutating func take(_ count: Int) throws(UserError) -> [UInt8] { Array(try slice(count)) }

    /// `take` without a copy.
    package mutating func slice(_ count: Int) throws(UserError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remainingLimit else { throw .truncated(file) }
        defer { position += count }
        return bytes[position..<position + count]
    }

    package func expectEnd() throws(UserError) {
        guard remainingLimit == 0 else { throw .trailing(file) }
    }
}

extension UserError {
    package static func truncated(_ file: String) -> UserError {
        UserError(.data, "ends too early", at: file, advice: "the file is truncated: get it again")
    }

    package static func trailing(_ file: String) -> UserError {
        UserError(.data, "has bytes after its end", at: file, advice: "the file is damaged: get it again")
    }

    package static func damaged(_ file: String, _ what: String) -> UserError {
        UserError(.data, what, at: file, advice: "the file is damaged or of another format: get it again")
    }
}

/// The product of sizes read from a file, or nil when one is negative or the product overflows.
package func checkedProduct(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        guard !overflow, size >= 0 else { return nil }
        product = next
    }
    return product
}
