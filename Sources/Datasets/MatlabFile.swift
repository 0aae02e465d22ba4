import System

/// A numeric array of a MATLAB file: column-major, in the number type it is stored in.
struct MatlabArray: Sendable {
    let name: String
    let dimensions: [Int]
    let storage: MatlabStorage
    let bigEndian: Bool
    /// The stored numbers, `product(dimensions) · storage.width` bytes.
    var bytes: [UInt8]

    var count: Int { bytes.count / storage.width }

    /// The numbers as integers; nil when one of them is not an integer (1.5, infinity, NaN).
    func integers() -> [Int]? {
        var result: [Int] = []
        result.reserveCapacity(count)
        for offset in stride(from: 0, to: bytes.count, by: storage.width) {
            guard let value = storage.integer(word(at: offset)) else { return nil }
            result.append(value)
        }
        return result
    }

    private func word(at offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for i in 0..<storage.width {
            let place = bigEndian ? storage.width - 1 - i : i
            word |= UInt64(bytes[offset + i]) << UInt64(8 * place)
        }
        return word
    }
}

/// Number types of MATLAB level 5 data elements.
enum MatlabStorage: UInt32, Sendable {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13

    /// Bytes a number.
    var width: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .single: 4
        case .double, .int64, .uint64: 8
        }
    }

    /// The number whose bits are the low `width` bytes of `word`, if it is an integer.
    func integer(_ word: UInt64) -> Int? {
        switch self {
        case .int8: Int(Int8(truncatingIfNeeded: word))
        case .int16: Int(Int16(truncatingIfNeeded: word))
        case .int32: Int(Int32(truncatingIfNeeded: word))
        case .int64: Int(Int64(bitPattern: word))
        case .uint8, .uint16, .uint32, .uint64: Int(exactly: word)
        case .single: Int(exactly: Float(bitPattern: UInt32(truncatingIfNeeded: word)))
        case .double: Int(exactly: Double(bitPattern: word))
        }
    }
}

/// Reads the numeric arrays of a MATLAB level 5 file (`.mat`, versions 5 to 7), compressed or not, of either
/// byte order. Format: MathWorks, *MAT-File Format*. Other variables (cells, text, structures) are skipped.
struct MatlabFile {
    private let file: String
    private let bigEndian: Bool
    private let wanted: Set<String>
    private var source: MemorySource

    /// The arrays called one of `names`, by name; numbers of others are not even inflated.
    /// - Throws: `UserError(.data)` for anything but a well-formed level 5 file.
    static func read(
        _ bytes: [UInt8], names: Set<String>, file: String
    ) throws(UserError) -> [String: MatlabArray] {
        var reader = try MatlabFile(bytes, names: names, file: file)
        var arrays: [String: MatlabArray] = [:]
        while reader.source.remainingLimit > 0 {
            guard let array = try reader.variable() else { continue }
            guard arrays.updateValue(array, forKey: array.name) == nil else {
                throw .damaged(file, "holds `\(array.name)` twice")
            }
        }
        return arrays
    }

    private init(_ bytes: [UInt8], names: Set<String>, file: String) throws(UserError) {
        if bytes.starts(with: "MATLAB 7.3".utf8) || bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            throw UserError(
                .data, "is a MATLAB 7.3 (HDF5) file", at: file,
                advice: "save it again with -v7 or get the official file")
        }
        source = MemorySource(bytes[...], file: file)
        self.file = file
        wanted = names
        let header = try source.take(128)
        switch (header[126], header[127]) {
        case (0x49, 0x4D): bigEndian = false
        case (0x4D, 0x49): bigEndian = true
        default: throw .damaged(file, "is not a MATLAB level 5 file")
        }
        let version = bigEndian ? (header[124], header[125]) : (header[125], header[124])
        guard version == (1, 0) else { throw .damaged(file, "has an unknown MATLAB version") }
    }

    /// The next variable of the file; nil for one that is not wanted or not a real numeric array.
    private mutating func variable() throws(UserError) -> MatlabArray? {
        let tag = try Tag(&source, bigEndian: bigEndian)
        switch tag.type {
        case Tag.compressed:
            var inner = try InflateSource(try source.slice(tag.size), file: file)
            let innerTag = try Tag(&inner, bigEndian: bigEndian)
            guard innerTag.type == Tag.matrix else {
                throw .damaged(file, "holds no array where one should be")
            }
            guard let array = try matrix(innerTag.size, &inner) else { return nil }
            try inner.expectEnd()
            return array
        case Tag.matrix:
            var inner = MemorySource(try source.slice(tag.size), file: file)
            guard let array = try matrix(tag.size, &inner) else { return nil }
            try inner.expectEnd()
            return array
        default:
            throw .damaged(file, "holds an unknown element of type \(tag.type)")
        }
    }

    /// The sub-elements of a matrix: flags, dimensions, name, numbers.
    private func matrix(_ size: Int, _ source: inout some ByteSource) throws(UserError) -> MatlabArray? {
        guard size <= source.remainingLimit else { throw .truncated(file) }
        let flags = try element(&source, atMost: 8)
        guard flags.storage == .uint32, let word = flags.integers()?.first else {
            throw .damaged(file, "has an array without flags")
        }
        // Classes 6...15 are the numeric ones; 0x0800 marks complex numbers.
        guard (6...15).contains(word & 0xFF), word & 0x0800 == 0 else { return nil }
        let shape = try element(&source, atMost: 4 * 32)
        let name = try element(&source, atMost: 256)
        guard shape.storage == .int32, let dimensions = shape.integers(), dimensions.count >= 2,
            let count = checkedProduct(dimensions)
        else { throw .damaged(file, "has an array of impossible size") }
        let text = String(decoding: name.bytes, as: UTF8.self)
        guard wanted.contains(text) else { return nil }
        let numbers = try element(&source, atMost: size)
        guard numbers.count == count else {
            throw .damaged(
                file, "has \(numbers.count) numbers in `\(text)`, not the \(count) its size demands")
        }
        return MatlabArray(
            name: text, dimensions: dimensions, storage: numbers.storage, bigEndian: bigEndian,
            bytes: numbers.bytes)
    }

    /// One numeric data element with its padding; its name and dimensions are left empty.
    private func element(
        _ source: inout some ByteSource, atMost limit: Int
    ) throws(UserError) -> MatlabArray {
        let tag = try Tag(&source, bigEndian: bigEndian)
        guard let storage = MatlabStorage(rawValue: tag.type), tag.size % storage.width == 0,
            tag.size <= limit
        else { throw .damaged(file, "has an element of type \(tag.type) and \(tag.size) bytes out of place") }
        if let small = tag.small {
            return MatlabArray(name: "", dimensions: [], storage: storage, bigEndian: bigEndian, bytes: small)
        }
        let bytes = try source.take(tag.size)
        // Elements end on eight-byte boundaries.
        _ = try source.take((8 - tag.size % 8) % 8)
        return MatlabArray(name: "", dimensions: [], storage: storage, bigEndian: bigEndian, bytes: bytes)
    }
}

/// The type and size in front of every data element.
private struct Tag {
    static let matrix: UInt32 = 14
    static let compressed: UInt32 = 15

    let type: UInt32
    let size: Int
    /// Up to four bytes of data inside the tag itself.
    let small: [UInt8]?

    init(_ source: inout some ByteSource, bigEndian: Bool) throws(UserError) {
        let bytes = try source.take(8)
        let words = [bytes[0..<4], bytes[4..<8]].map { word in
            (bigEndian ? Array(word) : word.reversed()).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        if words[0] >> 16 == 0 {
            (type, size, small) = (words[0], Int(words[1]), nil)
        } else {
            type = words[0] & 0xFFFF
            size = min(Int(words[0] >> 16), 4)
            small = Array(bytes[4..<4 + size])
        }
    }
}
