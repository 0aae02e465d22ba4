/// What is wrong with the bytes of a safetensors file.
package struct SafetensorsDefect: Error {
    package let what: String

    package init(_ what: String) { self.what = what }
}

/// The header of a safetensors file: eight bytes of length, then JSON, padded with spaces.
package struct SafetensorsHeader {
    package struct Tensor {
        package let name: String
        package let type: SafetensorsEntry.DataType
        package let shape: [Int]
        /// Offsets into the bytes that follow the header.
        package let begin: Int
        package let end: Int
    }

    /// Where the tensors' bytes start in the file.
    package let byteCount: Int
    private(set) var metadata: [String: String] = [:]
    /// In the order of their bytes.
    private(set) var tensors: [Tensor] = []

    private static let longest = 100_000_000

    package init(_ bytes: [UInt8]) throws(SafetensorsDefect) {
        guard bytes.count >= 8 else { throw SafetensorsDefect("\(bytes.count) bytes hold no header") }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.longest else { throw SafetensorsDefect("a header of \(length) bytes") }
        byteCount = 8 + Int(length)
        guard bytes.count >= byteCount else { throw SafetensorsDefect("the file ends within its header") }
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            throw SafetensorsDefect("the header does not begin with {")
        }
        let json = try StrictJSON.parse(bytes[8..<byteCount])
        try read(json)
        try checkCoverage(of: bytes.count - byteCount)
    }

    private mutating func read(_ json: StrictJSON) throws(SafetensorsDefect) {
        guard case .object(let entries) = json else { throw SafetensorsDefect("the header is not an object") }
        for entry in entries {
            if entry.name == "__metadata__" {
                metadata = try Self.strings(entry.value)
            } else {
                tensors.append(try Self.tensor(entry.name, entry.value))
            }
        }
        tensors.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    }

    private static func strings(_ json: StrictJSON) throws(SafetensorsDefect) -> [String: String] {
        guard case .object(let entries) = json else {
            throw SafetensorsDefect("__metadata__ is not an object")
        }
        var strings: [String: String] = [:]
        for entry in entries {
            guard case .string(let string) = entry.value else {
                throw SafetensorsDefect("the metadata \(entry.name) is not a string")
            }
            strings[entry.name] = string
        }
        return strings
    }

    private static func tensor(_ name: String, _ json: StrictJSON) throws(SafetensorsDefect) -> Tensor {
        guard case .object(let entries) = json, entries.count == 3,
            case .string(let typeName)? = entries.first(where: { $0.name == "dtype" })?.value,
            let shape = integers(entries.first { $0.name == "shape" }?.value),
            let offsets = integers(entries.first { $0.name == "data_offsets" }?.value), offsets.count == 2
        else {
            throw SafetensorsDefect("the tensor \(name) is not described by dtype, shape and data_offsets")
        }
        guard let type = SafetensorsEntry.DataType(rawValue: typeName) else {
            let known = SafetensorsEntry.DataType.allCases.map(\.rawValue).joined(separator: ", ")
            throw SafetensorsDefect("the tensor \(name) has the type \(typeName), not one of \(known)")
        }
        var size = type.byteCount
        for extent in shape {
            let (product, overflows) = size.multipliedReportingOverflow(by: extent)
            guard !overflows else { throw SafetensorsDefect("the size of the tensor \(name) overflows") }
            size = product
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end, end - begin == size else {
            throw SafetensorsDefect("the tensor \(name) has \(size) bytes, but offsets \(begin) to \(end)")
        }
        guard begin % type.byteCount == 0 else {
            throw SafetensorsDefect("the tensor \(name) is not aligned to its elements")
        }
        return Tensor(name: name, type: type, shape: shape, begin: begin, end: end)
    }

    private static func integers(_ json: StrictJSON?) -> [Int]? {
        guard case .array(let elements)? = json else { return nil }
        let integers = elements.compactMap { element -> Int? in
            guard case .integer(let integer) = element else { return nil }
            return integer
        }
        return integers.count == elements.count ? integers : nil
    }

    /// The tensors must cover the bytes after the header exactly, without holes or overlaps.
    private func checkCoverage(of size: Int) throws(SafetensorsDefect) {
        var covered = 0
        for tensor in tensors {
            guard tensor.begin == covered else {
                let what = tensor.begin < covered ? "overlaps another" : "leaves a hole before it"
                throw SafetensorsDefect("the tensor \(tensor.name) \(what)")
            }
            covered = tensor.end
        }
        guard covered == size else {
            let what =
                covered > size ? "\(covered - size) bytes are missing" : "\(size - covered) bytes too many"
            throw SafetensorsDefect(what)
        }
    }

    /// Length and JSON for tensors whose bytes follow in the given order.
    package static func encode(
        metadata: [String: String], tensors: [(key: String, value: SafetensorsEntry)]
    ) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { jsonQuoted($0.key) + ":" + jsonQuoted($0.value) }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for (name, entry) in tensors {
            let end = offset + entry.bytes.count
            let shape = entry.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(jsonQuoted(name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        let length = UInt64(json.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json
    }
}
