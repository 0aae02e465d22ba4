import Foundation
import Runs
import TestSupport
import Testing

/// What a program prints; nil where it fails or is not there.
private func output(of words: [String]) -> String? {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
}

private let hasTensorBoard = output(of: ["python3", "-c", "import tensorboard"]) != nil

extension CommandLine {
    @Suite struct TensorBoardTests {
        private static let train = ["train", "tiny.toml", "--threads", "2", "--quiet"]

        private func events(_ run: String) throws -> [DecodedEvent] {
            let folder = "\(run)/tensorboard"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            try #require(names.count == 1)
            return try decodeEvents(Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(names[0])")))
        }

        /// Without times, which differ from run to run.
        private func timeless(_ events: [DecodedEvent]) -> [DecodedEvent] {
            events.map { event in
                var copy = event
                copy.time = 0
                return copy
            }
        }

        @Test func aResumedRunHasEveryEventOnce() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let words = Self.train + ["--tensorboard"]
                let whole = try Tool.start(words + ["--out", "whole"], in: folder).finish()
                try #require(whole.status == 0, "\(whole.err)")
                let run = try Tool.start(words + ["--out", "run", "--flows", "other"], in: folder)
                #expect(run.waits(for: "\(folder)/run/checkpoints/state-1-3.safetensors"))
                run.send(SIGKILL)
                #expect(try run.finish().status == SIGKILL, "the run was too fast to be killed")
                // A run that has an event file goes on with it unasked.
                let last = try Tool.start(
                    Self.train + ["--out", "run", "--flows", "other", "--resume"], in: folder
                ).finish()
                #expect(last.status == 0, "\(last.err)")
                let (resumed, uninterrupted) = (try events("\(folder)/run"), try events("\(folder)/whole"))
                #expect(timeless(resumed) == timeless(uninterrupted))
                let rows = try RunFiles(path: "\(folder)/run").metrics().rows
                let logged = rows.filter { $0.event != "switch" && !$0.values.isEmpty }
                #expect(resumed.count == 1 + logged.count)
                #expect(resumed.last?.values["3-joint/testError"] != nil)
            }
        }

        @Test func aFinishedRunGetsItsEventsByResume() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let output = try Tool.start(
                    Self.train + ["--out", "run", "--resume", "--tensorboard"], in: folder
                ).finish()
                #expect(output.status == 0 && output.out.contains("run/tensorboard/events.out.tfevents."))
                #expect(try events("\(folder)/run").count > 20)
            }
        }

        @Test(.enabled(if: hasTensorBoard, "needs the Python package tensorboard"))
        func tensorBoardReadsTheFile() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let path = try RunFiles(path: TinyRun.path).writeEvents(in: folder)
                let program = """
                    import sys
                    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
                    for event in LegacyEventFileLoader(sys.argv[1]).Load():
                        for value in event.summary.value:
                            print(event.step, value.tag, repr(value.simple_value))
                    """
                let text = try #require(output(of: ["python3", "-c", program, path]))
                var theirs: [String] = []
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: " ")
                    theirs.append("\(words[0]) \(words[1]) \(Float(words[2]) ?? .nan)")
                }
                let events = try decodeEvents(Data(contentsOf: URL(fileURLWithPath: path)))
                let ours = events.flatMap { event in
                    event.values.map { "\(event.step) \($0.key) \($0.value)" }
                }
                #expect(ours.count > 100 && theirs.sorted() == ours.sorted())
            }
        }
    }
}
