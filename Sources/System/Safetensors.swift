/// One tensor of a safetensors file: little-endian, row-major.
public struct SafetensorsEntry: Sendable, Equatable {
    /// The element types we read and write, by the names of the format, in the order the reference
    /// implementation writes them: wide elements first, so that all are aligned.
    public enum DataType: String, Sendable, CaseIterable {
        case I64, F64, F32, I32, BF16, U8

        public var byteCount: Int {
            switch self {
            case .F64, .I64: 8
            case .F32, .I32: 4
            case .BF16: 2
            case .U8: 1
            }
        }
    }

    public let type: DataType
    public let shape: [Int]
    public let bytes: ArraySlice<UInt8>

    /// `bytes` hold the elements of `shape` in row-major order.
    public init(type: DataType, shape: [Int], bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == shape.reduce(1, *) * type.byteCount, "\(bytes.count) bytes for \(shape)")
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    public init(floats: [Float], shape: [Int]) { self.init(.F32, floats, shape) }
    public init(doubles: [Double], shape: [Int]) { self.init(.F64, doubles, shape) }
    public init(int32s: [Int32], shape: [Int]) { self.init(.I32, int32s, shape) }
    public init(int64s: [Int64], shape: [Int]) { self.init(.I64, int64s, shape) }

    private init<Element>(_ type: DataType, _ elements: [Element], _ shape: [Int]) {
        self.init(type: type, shape: shape, bytes: elements.withUnsafeBytes { ArraySlice(Array($0)) })
    }

    /// Number of elements.
    public var count: Int { bytes.count / type.byteCount }

    /// The elements as float32; nil for integers and for float64, which would be rounded.
    public func floats() -> [Float]? {
        switch type {
        case .F32: elements(Float.self)
        case .BF16: elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        default: nil
        }
    }

    /// The elements as float64, exactly; nil for 64-bit integers.
    public func doubles() -> [Double]? {
        switch type {
        case .F64: elements(Double.self)
        case .I32: elements(Int32.self).map(Double.init)
        case .U8: bytes.map(Double.init)
        default: floats()?.map(Double.init)
        }
    }

    /// The elements as integers; nil for floating-point types.
    public func integers() -> [Int]? {
        switch type {
        case .I64: elements(Int64.self).map(Int.init)
        case .I32: elements(Int32.self).map(Int.init)
        case .U8: bytes.map(Int.init)
        default: nil
        }
    }

    /// Whether all elements are numbers that float32 can hold, as integers are.
    package var isFinite: Bool {
        switch type {
        case .F64: allBits(UInt64.self) { Double(bitPattern: $0).isFinite }
        case .F32: allBits(UInt32.self) { Float(bitPattern: $0).isFinite }
        case .BF16: allBits(UInt16.self) { Float(bitPattern: UInt32($0) << 16).isFinite }
        case .I64, .I32, .U8: true
        }
    }

    private func allBits<Bits: BitwiseCopyable>(_: Bits.Type, _ holds: (Bits) -> Bool) -> Bool {
        bytes.withUnsafeBytes { source in
            stride(from: 0, to: source.count, by: type.byteCount).allSatisfy {
                holds(source.loadUnaligned(fromByteOffset: $0, as: Bits.self))
            }
        }
    }

    private func elements<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
        bytes.withUnsafeBytes { source in
            [Element](unsafeUninitializedCapacity: count) { target, filled in
                UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                filled = count
            }
        }
    }
}

/// Tensors by name with a header of strings: the format of huggingface's safetensors, which Python reads with
/// `safetensors.torch.load_file`.
public struct SafetensorsFile: Sendable, Equatable {
    public var metadata: [String: String]
    public var tensors: [String: SafetensorsEntry]

    public init(metadata: [String: String] = [:], tensors: [String: SafetensorsEntry] = [:]) {
        self.metadata = metadata
        self.tensors = tensors
    }

    /// The first tensor by name that holds a number which is not finite; nil without any.
    package var nonFiniteTensor: String? {
        tensors.filter { !$0.value.isFinite }.map(\.key).min()
    }

    /// Reads the file at `path`.
    ///
    /// Throws `UserError(.missing)` when it cannot be read, `UserError(.data)` when it is not exactly what the
    /// format prescribes: see ``init(bytes:name:)``.
    public init(path: String) throws {
        guard let bytes = Files.contents(path) else {
            throw UserError(.missing, "cannot read: \(SystemCall.reason)", at: path, advice: "check the path")
        }
        try self.init(bytes: bytes, name: path)
    }

    /// Reads a file's bytes; `name` stands for it in errors.
    ///
    /// Throws `UserError(.data)` for: a header above 100 MB, cut off, not UTF-8 or not the JSON of the format;
    /// duplicate names; unknown element types; sizes that overflow or disagree with the offsets; tensors that
    /// overlap, leave holes, or are not aligned to their elements; bytes missing or left over.
    public init(bytes: [UInt8], name: String) throws {
        do throws(SafetensorsDefect) {
            let header = try SafetensorsHeader(bytes)
            metadata = header.metadata
            tensors = [:]
            for tensor in header.tensors {
                let range = header.byteCount + tensor.begin..<header.byteCount + tensor.end
                tensors[tensor.name] = SafetensorsEntry(
                    type: tensor.type, shape: tensor.shape, bytes: bytes[range])
            }
        } catch {
            throw UserError(
                .data, "not a valid safetensors file: \(error.what)", at: name,
                advice: "restore it from a copy or make it again")
        }
    }

    /// Writes the file, tensor by tensor, in place of whatever is at `path`.
    ///
    /// Throws `UserError(.output)`; the old file then stays. See ``AtomicFile``.
    public func write(to path: String) throws {
        let (ordered, header) = layout
        try AtomicFile.write(to: path) { file in
            try header.withUnsafeBytes { try file.append($0) }
            for (_, entry) in ordered { try entry.bytes.withUnsafeBytes { try file.append($0) } }
        }
    }

    /// What ``write(to:)`` writes.
    public var bytes: [UInt8] {
        let (ordered, header) = layout
        return ordered.reduce(into: Array(header)) { $0 += $1.value.bytes }
    }

    private var layout: (tensors: [(key: String, value: SafetensorsEntry)], header: [UInt8]) {
        let ordered = SafetensorsEntry.DataType.allCases.flatMap { type in
            tensors.filter { $0.value.type == type }.sorted { $0.key < $1.key }
        }
        return (ordered, SafetensorsHeader.encode(metadata: metadata, tensors: ordered))
    }
}
