import Foundation
import Runs
import TestSupport
import Testing

extension CommandLine {
    /// What a finished run becomes outside of the tool.
    @Suite struct ExportTests {
        private let run = "Runs/tiny/seed-1"

        @Test(.enabled(if: Python.hasONNXRuntime, "python3 has no numpy or no onnxruntime"))
        func onnxGivesThePredictions() throws {
            _ = try TinyRun.output()
            let script = "\(Python.repository)/Examples/check_onnx.py"
            let (status, text) = try Python.run(script, TinyRun.path, "--fce", Tool.path)
            #expect(status == 0 && text.contains("probabilities: 20 images"), "\(text)")
            #expect(text.contains("energy against log_p"), "\(text)")
        }

        @Test func onnxSaysWhatItWrote() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let file = "\(folder)/a.onnx"
                let output = try Tool.run("export", run, "--onnx", file, in: TinyRun.folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(
                    output.out == "\(file): images, uint8 [N, 32, 32, 3] to probabilities, logits, energy\n")
                #expect(exists(file))
            }
        }

        @Test func whatCannotBeExportedSaysSo() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let flow = try Tool.run(
                    "export", TinyRun.path, "--phase", "1", "--onnx", "a.onnx", in: folder)
                #expect(flow.status == 78 && flow.err.contains("phase 1 (flow-mle) has neither"))
                #expect(flow.err.split(separator: "\n").count == 1 && !exists("\(folder)/a.onnx"))
                #expect(try Tool.run("export", TinyRun.path, in: folder).status == 64)
                let phase = try Tool.run("export", TinyRun.path, "--card", "c", "--phase", "2", in: folder)
                #expect(phase.status == 64 && phase.err.contains("Only --onnx has a phase"))
                #expect(try Tool.run("export", "none", "--onnx", "a.onnx", in: folder).status == 66)
                #expect(try Tool.run("export", TinyRun.path, "--onnx", "no/a.onnx", in: folder).status == 74)
            }
        }

        @Test func aCardTellsTheRun() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let output = try Tool.run("export", TinyRun.path, "--card", "README.md", in: folder)
                #expect(output.status == 0, "\(output.err)")
                let card = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
                let result = try RunFiles(path: TinyRun.path).result()
                #expect(card.hasPrefix("---\nlibrary_name: flowcontrast\n"))
                for part in [result.recipeHash, result.commit, "36 test images", "fce train tiny.toml"] {
                    #expect(card.contains(part), "\(part)")
                }
            }
        }

        @Test func theMetricsBecomeEvents() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let output = try Tool.run("export", TinyRun.path, "--tensorboard", "events", in: folder)
                #expect(
                    output.status == 0 && output.out.hasPrefix("events/events.out.tfevents."), "\(output.err)"
                )
                let path = try #require(output.out.split(separator: ":").first)
                #expect(exists("\(folder)/\(path)"))
            }
        }

        /// The script reads arrays; the tool reads the same images as pictures.
        @Test(.enabled(if: Python.hasNumPy, "python3 is older than 3.11 or has no numpy"))
        func pythonGivesThePredictions() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let makeImages = """
                    import sys
                    sys.path.insert(0, "\(Python.repository)/Examples/")
                    sys.modules["onnxruntime"] = sys
                    import pathlib, numpy, check_onnx
                    images = check_onnx.random_images(6, (32, 32, 3))
                    numpy.save("\(folder)/images.npy", images)
                    for i, image in enumerate(images):
                        check_onnx.write_png(pathlib.Path(f"\(folder)/{i}.png"), image)
                    """
                #expect(try Python.run("-c", makeImages).status == 0)
                let script = "\(Python.repository)/Examples/load.py"
                let (status, text) = try Python.run(script, TinyRun.path, "\(folder)/images.npy")
                try #require(status == 0, "\(text)")
                // As the script computes: without bfloat16.
                let predicted = try Tool.run(
                    "predict", TinyRun.path, folder, "--json", in: folder,
                    environment: ["ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"])
                let scores = try #require(try predicted.json() as? [[String: Any]], "\(predicted.err)")
                let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
                #expect(rows.count == 6 && scores.count == 6)
                for (row, score) in zip(rows, scores) {
                    let expected = try #require(score["probabilities"] as? [Double])
                    #expect(row[1] == "\(try #require(score["predicted"] as? Int))")
                    expectClose(
                        row.dropFirst(3).compactMap { Double($0) }, expected, absolute: 1e-4, "p(y|x)")
                }
            }
        }

        @Test(.enabled(if: Python.hasNumPy, "python3 is older than 3.11 or has no numpy"))
        func pythonRefusesWhatItCannotRead() throws {
            _ = try TinyRun.output()
            let script = "\(Python.repository)/Examples/load.py"
            try withFolder { folder in
                let make = "import numpy; numpy.save('\(folder)/x.npy', numpy.zeros((1, 8, 8, 3), 'u1'))"
                #expect(try Python.run("-c", make).status == 0)
                let size = try Python.run(script, TinyRun.path, "\(folder)/x.npy")
                #expect(size.status == 1 && size.text.contains("not uint8 [N, 32, 32, 3]"), "\(size.text)")
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                let last = "\(folder)/run/checkpoints/weights-2-joint.safetensors"
                try FileManager.default.removeItem(atPath: last)
                let gone = try Python.run(script, "\(folder)/run", "\(folder)/x.npy")
                #expect(gone.status == 1 && gone.text.contains("weights-2-joint"), "\(gone.text)")
            }
        }
    }
}
