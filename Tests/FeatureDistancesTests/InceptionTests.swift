import FeatureDistances
import Foundation
import System
import Tensors
import TestSupport
import Testing

@Suite("Inception v3") struct InceptionTests {
    /// The random weights of the golden file, a sixteenth as many maps wide.
    private static func weights() throws -> SafetensorsFile {
        let file = try SafetensorsFile(path: Golden.path("fid"))
        let prefix = "inception."
        let tensors = file.tensors.filter { $0.key.hasPrefix(prefix) }
        return SafetensorsFile(
            tensors: Dictionary(
                uniqueKeysWithValues: tensors.map { (String($0.key.dropFirst(prefix.count)), $0.value) }))
    }

    private func network(_ file: SafetensorsFile, _ backend: any Backend) throws -> Inception {
        try Inception(InceptionWeights(file, at: "w", backend: backend), backend: backend)
    }

    @Test("Features are those of an independent network in PyTorch")
    func golden() throws {
        let (backend, golden) = (try CPUBackend(threads: 2), try Golden("fid"))
        let network = try network(Self.weights(), backend)
        // The centres of the bytes' bins.
        let values = golden.values("images").map { Float(($0 + 0.5) / 256 - 0.5) }
        let features = try network(backend.tensor(values, golden.shape("images"), backend.real))
        #expect(features.shape == [3, 128])
        expectClose(
            backend.doubles(features), golden.values("features"), relative: 1e-4, absolute: 1e-4)
    }

    private static let full = ProcessInfo.processInfo.environment["FC_INCEPTION"]

    @Test(
        "So they are at full width, whose layers take other kernels",
        .enabled(if: full != nil, "FC_INCEPTION names no output of Tests/Golden/generate_fid.py --full"))
    func fullWidth() throws {
        let backend = try CPUBackend(threads: 2)
        let file = try SafetensorsFile(path: try #require(Self.full))
        let entry = try #require(file.tensors["images"])
        let values = try #require(entry.integers()).map { Float((Double($0) + 0.5) / 256 - 0.5) }
        let features = try network(file, backend)(backend.tensor(values, Shape(entry.shape), backend.real))
        let expected = try #require(file.tensors["features"])
        let numbers = expected.bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
            }
        }
        #expect(features.shape == [3, 2048])
        expectClose(backend.doubles(features), numbers, relative: 1e-4, absolute: 1e-4)
    }

    @Test("A grey image is a coloured one of equal channels")
    func grey() throws {
        let backend = try CPUBackend(threads: 2)
        let network = try network(Self.weights(), backend)
        let grey = backend.randomTensor([1, 8, 8, 1], seed: 1, scale: 0.2)
        let coloured = backend.concatenated(backend.concatenated(grey, grey), grey)
        expectClose(
            backend.doubles(try network(grey)), backend.doubles(try network(coloured)), relative: 1e-6)
    }

    @Test("A file of another network is refused by the layer that does not fit")
    func foreignWeights() throws {
        let backend = try CPUBackend(threads: 1)
        func refusal(_ change: (inout [String: SafetensorsEntry]) -> Void) throws -> String {
            var file = try Self.weights()
            change(&file.tensors)
            let error = #expect(throws: UserError.self) { try network(file, backend) }
            #expect(error?.kind == .data && error?.place == "w")
            return error?.what ?? ""
        }
        #expect(try refusal { $0 = [:] }.contains("no `Conv2d_1a_3x3`"))
        #expect(
            try refusal { $0["Mixed_6a.branch3x3.conv.weight"] = nil }.contains("no `Mixed_6a.branch3x3`"))
        #expect(
            try refusal { $0["Mixed_5b.branch1x1.bn.bias"] = nil }.contains("no `Mixed_5b.branch1x1.bn.bias`")
        )
        let short = SafetensorsEntry(floats: [1], shape: [1])
        #expect(try refusal { $0["Mixed_5b.branch1x1.bn.bias"] = short }.contains("has 1 numbers, 4 are due"))
        let other = SafetensorsEntry(floats: [Float](repeating: 0, count: 8), shape: [4, 2, 1, 1])
        #expect(
            try refusal { $0["Mixed_5b.branch1x1.conv.weight"] = other }.contains(
                "is [1, 1, 2, 4] on 12 maps"))
    }
}
