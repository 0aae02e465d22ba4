import Runs

/// A graph of ONNX operators under construction. Numbers of fields and types are those of `onnx.proto3`,
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
struct ONNXGraph {
    /// Values of `TensorProto.DataType`.
    enum ElementType: Int { case float32 = 1, uint8 = 2, int64 = 7 }

    /// The extent of an axis: a number, or a name for one that is only known when the graph runs.
    enum Extent {
        case fixed(Int)
        case named(String)
    }

    /// What the operators mean: released in 2020 and read by every runtime since.
    static let operatorSet = 13
    /// Of the file format; the one that came with ``operatorSet``.
    static let formatVersion = 7

    private var nodes: [ProtobufMessage] = []
    private var constants: [ProtobufMessage] = []
    private var inputs: [ProtobufMessage] = []
    private var outputs: [ProtobufMessage] = []
    /// Names of the results.
    private(set) var outputNames: [String] = []
    private var counts: [String: Int] = [:]

    /// Declares what the graph reads.
    mutating func addInput(_ name: String, _ type: ElementType, _ extents: [Extent], _ documentation: String)
    {
        inputs.append(Self.value(name, type, extents, documentation))
    }

    /// Declares that the value `name`, float32, is a result.
    mutating func addOutput(_ name: String, _ extents: [Extent], _ documentation: String) {
        outputs.append(Self.value(name, .float32, extents, documentation))
        outputNames.append(name)
    }

    /// Adds a float32 constant, row-major, and returns its name.
    mutating func constant(_ name: String, _ values: [Float], _ shape: [Int]) -> String {
        precondition(values.count == shape.reduce(1, *))
        return addConstant(name, .float32, shape, values.map(\.bitPattern.littleEndian))
    }

    /// Adds a vector of integers and returns its name.
    mutating func constant(_ name: String, integers: [Int]) -> String {
        addConstant(name, .int64, [integers.count], integers.map { Int64($0).littleEndian })
    }

    private mutating func addConstant<Element>(
        _ name: String, _ type: ElementType, _ shape: [Int], _ elements: [Element]
    ) -> String {
        var tensor = ProtobufMessage()
        for extent in shape { tensor.add(1, extent) }
        tensor.add(2, type.rawValue)
        tensor.add(8, name)
        tensor.add(9, elements.withUnsafeBytes { Array($0) })
        constants.append(tensor)
        return name
    }

    /// Adds an operator with one result, and returns that value's name.
    ///
    /// - Parameter name: of the result; by default the operator's with a number.
    mutating func apply(
        _ operation: String, _ operands: String..., attributes: [ONNXAttribute] = [], as name: String? = nil
    ) -> String {
        counts[operation, default: 0] += 1
        let result = name ?? "\(operation)_\(counts[operation] ?? 0)"
        var node = ProtobufMessage()
        for operand in operands { node.add(1, operand) }
        node.add(2, result)
        node.add(3, result)
        node.add(4, operation)
        for attribute in attributes { node.add(5, attribute.message) }
        nodes.append(node)
        return result
    }

    private static func value(
        _ name: String, _ type: ElementType, _ extents: [Extent], _ documentation: String
    ) -> ProtobufMessage {
        var shape = ProtobufMessage()
        for extent in extents {
            var dimension = ProtobufMessage()
            switch extent {
            case .fixed(let count): dimension.add(1, count)
            case .named(let name): dimension.add(2, name)
            }
            shape.add(1, dimension)
        }
        var tensor = ProtobufMessage()
        tensor.add(1, type.rawValue)
        tensor.add(2, shape)
        var wrapped = ProtobufMessage()
        wrapped.add(1, tensor)
        var value = ProtobufMessage()
        value.add(1, name)
        value.add(2, wrapped)
        value.add(3, documentation)
        return value
    }

    /// The bytes of a model file.
    ///
    /// - Parameters:
    ///   - producer: the program that wrote it.
    ///   - metadata: names and values, in the order in which they are written.
    func model(
        name: String, producer: String, documentation: String, metadata: [(name: String, value: String)]
    ) -> [UInt8] {
        var graph = ProtobufMessage()
        for node in nodes { graph.add(1, node) }
        graph.add(2, name)
        for constant in constants { graph.add(5, constant) }
        for input in inputs { graph.add(11, input) }
        for output in outputs { graph.add(12, output) }
        var operators = ProtobufMessage()
        operators.add(1, "")
        operators.add(2, Self.operatorSet)
        var model = ProtobufMessage()
        model.add(1, Self.formatVersion)
        model.add(2, producer)
        model.add(6, documentation)
        model.add(7, graph)
        model.add(8, operators)
        for (name, value) in metadata {
            var entry = ProtobufMessage()
            entry.add(1, name)
            entry.add(2, value)
            model.add(14, entry)
        }
        return model.bytes
    }
}

/// A setting of an operator.
struct ONNXAttribute {
    fileprivate var message = ProtobufMessage()
    private enum Kind: Int { case float = 1, integer = 2, integers = 7 }

    init(_ name: String, _ value: Float) {
        message.add(1, name)
        message.add(2, value)
        message.add(20, Kind.float.rawValue)
    }

    init(_ name: String, _ value: Int) {
        message.add(1, name)
        message.add(3, value)
        message.add(20, Kind.integer.rawValue)
    }

    init(_ name: String, _ values: [Int]) {
        message.add(1, name)
        for value in values { message.add(8, value) }
        message.add(20, Kind.integers.rawValue)
    }
}
