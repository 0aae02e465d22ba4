import Foundation
import System
import Testing

extension CommandLine {
    /// A run of a GAN, from training to its picture.
    @Suite struct GANTests {
        private let train = ["train", "tiny.toml", "--threads", "2", "--quiet"]

        private func withGAN(_ body: (String) throws -> Void) throws {
            try withFolder { folder in
                try write(tinyGAN, to: "\(folder)/tiny.toml")
                let output = try Tool.start(train + ["--out", "whole"], in: folder).finish()
                try #require(output.status == 0, "\(output.err)")
                try body(folder)
            }
        }

        @Test func aKilledRunEndsBitIdentical() throws {
            try withGAN { folder in
                let run = try Tool.start(train, in: folder)
                #expect(run.waits(for: "\(folder)/Runs/tiny/seed-1/checkpoints/state-0-4.safetensors"))
                run.send(SIGKILL)
                #expect(try run.finish().status == SIGKILL, "the run was too fast to be killed")
                let last = try Tool.start(train + ["--resume"], in: folder).finish()
                #expect(last.status == 0, "\(last.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/whole")) == [])
            }
        }

        @Test func aKilledCriticEndsBitIdentical() throws {
            try withFolder { folder in
                try write(tinyCritic, to: "\(folder)/tiny.toml")
                let whole = try Tool.start(train + ["--out", "whole"], in: folder).finish()
                try #require(whole.status == 0, "\(whole.err)")
                let run = try Tool.start(train, in: folder)
                #expect(run.waits(for: "\(folder)/Runs/tiny/seed-1/checkpoints/state-0-4.safetensors"))
                run.send(SIGKILL)
                #expect(try run.finish().status == SIGKILL, "the run was too fast to be killed")
                let last = try Tool.start(train + ["--resume"], in: folder).finish()
                #expect(last.status == 0, "\(last.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/whole")) == [])
                #expect(numbers.samples.keys.contains("0-adversarial.jpg"))
                let weights = try #require(numbers.weights["weights-0-adversarial.safetensors"])
                for name in ["energy.conv1.spectral.right", "generator.dense.norm.gamma"] {
                    #expect(weights[name] != nil, "\(name)")
                }
                let report = try Tool.run("report", "whole", "--out", "page.html", in: folder)
                #expect(report.status == 0)
                let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
                #expect(page.contains("Losses of critic and generator"))
            }
        }

        @Test func theGeneratorIsKeptAndDrawn() throws {
            try withGAN { folder in
                let weights = try SafetensorsFile(
                    path: "\(folder)/whole/checkpoints/weights-0-gan.safetensors")
                let names = weights.tensors.keys.filter { $0.hasPrefix("generator.") }
                #expect(names.contains("generator.deconv1.norm.mean") && names.count == 15)
                #expect(FileManager.default.fileExists(atPath: "\(folder)/whole/samples/0-gan.jpg"))
                func sample(_ name: String, _ more: String...) throws -> (Tool.Output, Data?) {
                    let output = try Tool.start(
                        ["sample", "whole", "--out", name, "--count", "4"] + more, in: folder
                    ).finish()
                    return (output, FileManager.default.contents(atPath: "\(folder)/\(name)"))
                }
                let first = try sample("a.jpg").1
                #expect(first?.starts(with: [0xFF, 0xD8]) == true)
                #expect(try sample("b.jpg").1 == first && sample("c.jpg", "--seed", "2").1 != first)
                let hot = try sample("d.jpg", "--temperature", "2").0
                #expect(hot.status == 78 && hot.err.contains("temperature"))
                let report = try Tool.run("report", "whole", "--out", "page.html", in: folder)
                #expect(report.status == 0)
                let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
                #expect(
                    page.contains("GAN with feature matching") && page.contains("data:image/jpeg;base64,"))
            }
        }
    }
}
