import Foundation
import Runs
import Scores
import System
import Testing

extension CommandLine {
    /// Runs without labels, from training to their pictures.
    @Suite struct ChainsTests {
        private func recipe(_ method: String, _ phase: String) -> String {
            """
            method = "\(method)"
            name = "tiny"
            checkpoint.every = 1
            log.every = 1
            energy = { network = "four-layer", base = "none", head = "plain", classes = 1, width = 0.0625 }
            data = { source = "synthetic", size = 16, train = 64, test = 16, validation = 8 }
            phase = [{ steps = 8, batch = 8, \(phase) }]

            """
        }

        private func train(_ text: String, in folder: String) throws {
            try write(text, to: "\(folder)/tiny.toml")
            let output = try Tool.start(
                ["train", "tiny.toml", "--threads", "2", "--quiet", "--out", "whole"], in: folder
            ).finish()
            try #require(output.status == 0, "\(output.err)")
        }

        private func weights(_ path: String) throws -> [String: SafetensorsEntry] {
            try SafetensorsFile(path: "\(path)/checkpoints/weights-0-chains.safetensors").tensors
        }

        @Test func killedChainsEndBitIdentical() throws {
            try withFolder { folder in
                let chains = "kind = 'chains', chains = { start = 'persistent', steps = 2, buffer = 30 }"
                try train(recipe("persistent-cd", chains), in: folder)
                let again = ["train", "tiny.toml", "--threads", "2", "--quiet"]
                let run = try Tool.start(again, in: folder)
                let path = "\(folder)/Runs/tiny/seed-1"
                #expect(run.waits(for: "\(path)/checkpoints/state-0-3.safetensors"))
                run.send(SIGKILL)
                #expect(try run.finish().status == SIGKILL, "the run was too fast to be killed")
                let last = try Tool.start(again + ["--resume"], in: folder).finish()
                #expect(last.status == 0, "\(last.err)")
                #expect(try weights(path) == weights("\(folder)/whole"))
                let pictures = [path, "\(folder)/whole"].map {
                    FileManager.default.contents(atPath: "\($0)/samples/0-chains.jpg")
                }
                #expect(pictures[0] != nil && pictures[0] == pictures[1])
                let sample = try Tool.run("sample", "whole", "--out", "a.jpg", in: folder)
                #expect(sample.status == 78 && sample.err.contains("chains"))
            }
        }

        @Test func anAutoencoderHasABoundAndSamples() throws {
            try withFolder { folder in
                try train(recipe("vae", "kind = 'vae'") + "generator = { width = 0.03125 }\n", in: folder)
                let result = try RunFiles(path: "\(folder)/whole").result()
                let bound = try #require(result.scores[.boundBitsPerDim])
                #expect(bound > 0 && bound < 20 && result.scores[.testError] == nil)
                let eval = try Tool.run("eval", "whole", in: folder)
                #expect(eval.status == 0 && eval.out.contains("bits/dim at most"), "\(eval.err)")
                #expect(FileManager.default.fileExists(atPath: "\(folder)/whole/samples/0-vae.jpg"))
                let sample = try Tool.run("sample", "whole", "--out", "a.jpg", in: folder)
                #expect(sample.status == 0, "\(sample.err)")
                let page = try Tool.run("report", "whole", "--out", "page.html", in: folder)
                #expect(page.status == 0)
                let text = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
                #expect(text.contains("Variational autoencoder") && text.contains("bits/dim at most"))
            }
        }
    }
}
