import EnergyModels
import Foundation
import Runs
import Testing

@testable import Exports

/// A message of the wire format, read without any knowledge of what was written: field numbers and raw values.
private struct WireMessage {
    enum Value: Equatable {
        case varint(UInt64)
        case fixed32(UInt32)
        case delimited([UInt8])
    }
    private(set) var fields: [(number: Int, value: Value)] = []

    struct Malformed: Error {}

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        func varint() throws -> UInt64 {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst() {
                guard shift < 64 else { throw Malformed() }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            throw Malformed()
        }
        while !rest.isEmpty {
            let key = try varint()
            guard key >> 3 > 0 else { throw Malformed() }
            switch key & 7 {
            case 0: fields.append((Int(key >> 3), .varint(try varint())))
            case 2:
                let count = try varint()
                guard count <= UInt64(rest.count) else { throw Malformed() }
                fields.append((Int(key >> 3), .delimited(Array(rest.prefix(Int(count))))))
                rest = rest.dropFirst(Int(count))
            case 5:
                guard rest.count >= 4 else { throw Malformed() }
                let value = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                fields.append((Int(key >> 3), .fixed32(value)))
                rest = rest.dropFirst(4)
            default: throw Malformed()
            }
        }
    }

    func values(_ number: Int) -> [Value] { fields.filter { $0.number == number }.map(\.value) }
    func strings(_ number: Int) -> [String] {
        values(number).compactMap {
            if case .delimited(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
    func integers(_ number: Int) -> [Int] {
        values(number).compactMap {
            if case .varint(let value) = $0 { Int(bitPattern: UInt(value)) } else { nil }
        }
    }
    func messages(_ number: Int) throws -> [WireMessage] {
        try values(number).map { value in
            guard case .delimited(let bytes) = value else { throw Malformed() }
            return try WireMessage(bytes)
        }
    }
    func message(_ number: Int) throws -> WireMessage { try #require(try messages(number).first) }
}

/// The file's structure by a decoder of its own; numbers of fields are those of onnx.proto3.
@Suite("ONNX files") struct ONNXFormatTests {
    private func model(_ kind: ExportedEnergy) throws -> WireMessage {
        let energy = kind.energy()
        let graph = EnergyGraph(try energy.folded(energy.store), kind.settings).graph
        return try WireMessage(
            graph.model(name: kind.name, producer: "p", documentation: "d", metadata: [("recipe", "svhn/ü")]))
    }

    @Test func theModelSaysWhatItIs() throws {
        let model = try model(ExportedEnergy.all[0])
        #expect(model.integers(1) == [7] && model.strings(2) == ["p"] && model.strings(6) == ["d"])
        let operators = try model.message(8)
        #expect(operators.strings(1) == [""] && operators.integers(2) == [13])
        let entry = try model.message(14)
        #expect(entry.strings(1) == ["recipe"] && entry.strings(2) == ["svhn/ü"])
    }

    @Test("Every value is made once, before it is used", arguments: ExportedEnergy.all)
    func graphIsInOrder(kind: ExportedEnergy) throws {
        let graph = try model(kind).message(7)
        var known = Set(try graph.messages(11).flatMap { $0.strings(1) })
        #expect(known == [kind.isPlane ? "points" : "images"])
        for constant in try graph.messages(5) {
            let name = try #require(constant.strings(8).first)
            #expect(known.insert(name).inserted, "\(name) twice")
            guard case .delimited(let bytes)? = constant.values(9).first else {
                throw WireMessage.Malformed()
            }
            let size = try #require([1: 4, 7: 8][constant.integers(2).first ?? 0], "type of \(name)")
            #expect(bytes.count == constant.integers(1).reduce(size, *), "\(name)")
        }
        for node in try graph.messages(1) {
            let missing = Set(node.strings(1)).subtracting(known)
            #expect(missing.isEmpty, "\(node.strings(4)) uses \(missing)")
            for output in node.strings(2) { #expect(known.insert(output).inserted, "\(output) twice") }
        }
        let outputs = try graph.messages(12).flatMap { $0.strings(1) }
        #expect(known.isSuperset(of: outputs))
        let isClassifier =
            !kind.name.hasPrefix("four-layer-spectral") && !kind.name.hasPrefix("four-layer-experts")
        #expect(outputs == (isClassifier ? ["probabilities", "logits", "energy"] : ["energy"]))
    }

    @Test("The batch is open, the image's size is not")
    func inputShape() throws {
        let input = try model(ExportedEnergy.all[0]).message(7).message(11)
        let tensor = try input.message(2).message(1)
        #expect(tensor.integers(1) == [2], "uint8")
        let axes = try tensor.message(2).messages(1)
        #expect(axes.map { $0.integers(1) } == [[], [18], [18], [3]] && axes[0].strings(2) == ["N"])
    }

    @Test func convolutionsKeepTheirSettings() throws {
        let graph = try model(ExportedEnergy.all[0]).message(7)
        let convolutions = try graph.messages(1).filter { $0.strings(4) == ["Conv"] }
        #expect(convolutions.count == 9)
        func attribute(_ name: String, of node: WireMessage) throws -> [Int] {
            try #require(try node.messages(5).first { $0.strings(1) == [name] }).integers(8)
        }
        #expect(try attribute("strides", of: convolutions[2]) == [2, 2])
        #expect(try attribute("pads", of: convolutions[0]) == [1, 1, 1, 1])
        #expect(try attribute("pads", of: convolutions[6]) == [0, 0, 0, 0])
        #expect(try attribute("kernel_shape", of: convolutions[7]) == [1, 1])
        let bends = try graph.messages(1).filter { $0.strings(4) == ["LeakyRelu"] }
        let slope = try #require(try bends.first?.message(5)).values(2)
        #expect(slope == [.fixed32(Float(0.2).bitPattern)])
    }

    @Test func wholeNumbersOfAnySizeAreWritten() throws {
        var message = ProtobufMessage()
        let numbers = [0, 1, 127, 128, 300, -1, Int.max, Int.min]
        for number in numbers { message.add(20, number) }
        message.add(1, Float(-0.25))
        message.add(2, [UInt8](repeating: 7, count: 200))
        let read = try WireMessage(message.bytes)
        #expect(read.integers(20) == numbers && read.values(1) == [.fixed32(Float(-0.25).bitPattern)])
        #expect(read.values(2) == [.delimited([UInt8](repeating: 7, count: 200))])
        // https://protobuf.dev/programming-guides/encoding: field 1 of 150.
        var documented = ProtobufMessage()
        documented.add(1, 150)
        #expect(documented.bytes == [0x08, 0x96, 0x01])
    }
}
