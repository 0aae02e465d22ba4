import Foundation
import System
import Tensors

/// Values computed by PyTorch in float64; `Tests/Golden/generate.py` says what each tensor is.
///
/// Reads safetensors by itself, apart from the toolkit's reader: eight bytes with the length of a JSON header, the
/// header (type, shape and byte range of every tensor), the data; all little-endian.
public struct Golden: Sendable {
    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// Shape and values by name.
    private let tensors: [String: (shape: Shape, values: [Double])]

    /// - Parameter name: of the file in `Tests/Golden`, without extension.
    public init(_ name: String) throws {
        let bytes = try Data(contentsOf: URL(filePath: Self.path(name)))
        let length = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        let header = try JSONDecoder().decode([String: Entry].self, from: bytes[8..<8 + length])
        tensors = try header.mapValues { entry in
            let (start, end) = (8 + length + entry.data_offsets[0], 8 + length + entry.data_offsets[1])
            return (Shape(entry.shape), try Golden.numbers(Data(bytes[start..<end]), entry.dtype))
        }
    }

    /// Where the file `name` is.
    public static func path(_ name: String) -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return folder.appending(path: "Golden/\(name).safetensors").path
    }

    private static func numbers(_ data: Data, _ type: String) throws -> [Double] {
        func read<T>(_: T.Type, _ convert: (T) -> Double) -> [Double] {
            data.withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map {
                    convert(bytes.loadUnaligned(fromByteOffset: $0, as: T.self))
                }
            }
        }
        switch type {
        case "F64": return read(Double.self) { $0 }
        case "F32": return read(Float.self, Double.init)
        case "I32": return read(Int32.self, Double.init)
        default: throw UserError(.data, "golden values of type \(type)")
        }
    }

    public var names: [String] { tensors.keys.sorted() }

    public func shape(_ name: String) -> Shape { entry(name).shape }
    public func values(_ name: String) -> [Double] { entry(name).values }
    public func integers(_ name: String) -> [Int] { entry(name).values.map { Int($0) } }

    /// The value of a one-element tensor.
    public func scalar(_ name: String) -> Double {
        precondition(shape(name).count == 1, "\(name) is no scalar")
        return values(name)[0]
    }

    /// The named tensor on `backend`, of its real type unless said.
    public func tensor(_ name: String, on backend: any Backend, _ type: ScalarType? = nil) -> Tensor {
        backend.tensor(values(name), shape(name), type ?? backend.real)
    }

    private func entry(_ name: String) -> (shape: Shape, values: [Double]) {
        guard let entry = tensors[name] else { preconditionFailure("no golden tensor \(name)") }
        return entry
    }
}
