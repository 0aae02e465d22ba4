import EnergyModels
import Foundation
import TestSupport
import Testing

@testable import Exports

@Suite("ONNX models in onnxruntime") struct ONNXRuntimeTests {
    private struct Expectation: Encodable {
        let input: [Double]
        let shape: [Int]
        let outputs: [String: [Double]]
    }

    /// Five images: the batch is not fixed in the file.
    @Test(
        "Every kind of energy gives the values of the model",
        .enabled(if: Python.hasONNXRuntime, "python3 has no numpy or no onnxruntime"))
    func valuesAgree() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let count = 5
        for kind in ExportedEnergy.all {
            let energy = kind.energy()
            let graph = EnergyGraph(try energy.folded(energy.store), kind.settings).graph
            let bytes = graph.model(name: kind.name, producer: "test", documentation: "", metadata: [])
            try Data(bytes).write(to: folder.appendingPathComponent("\(kind.name).onnx"))
            let (values, shape) = kind.input(count)
            let expectation = Expectation(
                input: values, shape: shape, outputs: kind.outputs(energy, values, count))
            try JSONEncoder().encode(expectation)
                .write(to: folder.appendingPathComponent("\(kind.name).json"))
        }
        let script = "\(Python.repository)/Tests/ExportsTests/Fixtures/run_onnx.py"
        let (status, text) = try Python.run(script, folder.path)
        #expect(status == 0, "\(text)")
        #expect(text.split(separator: "\n").count == ExportedEnergy.all.count, "\(text)")
    }
}
