import Foundation
import Runs
import Testing

extension CommandLine {
    @Suite struct ResumeTests {
        private static let train = ["train", "tiny.toml", "--threads", "2", "--quiet"]

        /// Starts or resumes the tiny run in `folder` and sends `signal` once `file` is there; nil when the run ended
        /// before the signal came.
        private func interrupt(
            _ folder: String, at file: String, with signal: Int32, resume: Bool
        ) throws -> Tool.Output? {
            let run = try Tool.start(Self.train + (resume ? ["--resume"] : []), in: folder)
            guard run.waits(for: "\(folder)/Runs/tiny/seed-1/\(file)") else { return nil }
            run.send(signal)
            let output = try run.finish()
            return exists("\(folder)/Runs/tiny/seed-1/result.json") ? nil : output
        }

        /// The last one changes its training images at random and weighs its classes.
        private static let recipes =
            ["none", "flow", "moving"].map {
                tinyRecipe.replacing("base = \"none\"", with: "base = \"\($0)\"")
            } + [
                tinyRecipe.replacing(
                    "[vat]",
                    with: "[input]\nflip = true\ncrop = 3\n\n[label]\nclass-weights = [1, 2, 3, 4]\n\n[vat]")
            ]

        @Test(arguments: recipes.indices)
        func aRunKilledInEveryPhaseEndsBitIdentical(index: Int) throws {
            try withFolder { folder in
                let recipe = Self.recipes[index]
                try write(recipe, to: "\(folder)/tiny.toml")
                let whole = Self.train + ["--out", "whole", "--flows", "whole-flows"]
                try #require(try Tool.start(whole, in: folder).finish().status == 0)
                var kills = 0
                for (index, step) in [3, 3, 2].enumerated() {
                    let file = "checkpoints/state-\(index)-\(step).safetensors"
                    let output = try interrupt(folder, at: file, with: SIGKILL, resume: index > 0)
                    if output?.status == SIGKILL { kills += 1 }
                }
                #expect(kills >= 2, "the run was too fast to be killed")
                let last = try Tool.start(Self.train + ["--resume"], in: folder).finish()
                #expect(last.status == 0, "\(last.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/whole")) == [])
            }
        }

        /// The end of the run is repeated, from the checkpoint before it or, without one, from the beginning.
        @Test(arguments: [false, true])
        func aResultThatIsGoneIsMadeAgain(isEndAlone: Bool) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let run = "\(folder)/Runs/tiny/seed-1"
                let states = RunFiles(path: run).checkpoints
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                try FileManager.default.copyItem(atPath: "\(TinyRun.folder)/Runs", toPath: "\(folder)/Runs")
                // A flow that is there need not be trained: its rows would be missing.
                try FileManager.default.removeItem(atPath: "\(folder)/Runs/flows")
                try FileManager.default.removeItem(atPath: "\(run)/result.json")
                for name in try FileManager.default.contentsOfDirectory(atPath: states)
                where isEndAlone && name.hasPrefix("state-2") {
                    try FileManager.default.removeItem(atPath: "\(states)/\(name)")
                }
                let output = try Tool.start(Self.train + ["--resume"], in: folder).finish()
                #expect(output.status == 0 && output.err.contains("result.json is gone"), "\(output.err)")
                let numbers = try RunNumbers(run)
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        /// Nothing is lost while data are read, here for many seconds: the run has not begun when the process has ended.
        @Test func aSignalDoesNotWaitForTheData() throws {
            try withFolder { folder in
                let slow = tinyRecipe.replacing("train = 64", with: "train = 400000")
                try write(slow, to: "\(folder)/tiny.toml")
                let run = try Tool.start(Self.train, in: folder)
                run.waitsForHandlers()
                run.send(SIGTERM)
                let output = try run.finish()
                #expect(output.status == 143, "\(output.err)")
                #expect(output.err.contains("interrupted; continue with: "))
                #expect(output.err.contains("train tiny.toml --threads 2 --quiet --resume"))
                #expect(!exists("\(folder)/Runs/tiny/seed-1"))
            }
        }

        @Test func aDamagedCheckpointIsSetAsideAloud() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let file = "checkpoints/state-1-3.safetensors"
                _ = try #require(try interrupt(folder, at: file, with: SIGTERM, resume: false))
                let states = "\(folder)/Runs/tiny/seed-1/checkpoints"
                let names = try FileManager.default.contentsOfDirectory(atPath: states)
                let newest = try #require(
                    names.filter { $0.hasPrefix("state-") }
                        .max { $0.compare($1, options: .numeric) == .orderedAscending })
                truncate("\(states)/\(newest)", 100)
                let last = try Tool.start(Self.train + ["--resume"], in: folder).finish()
                #expect(last.status == 0 && last.err.contains("set aside as \(newest).damaged"))
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130)), (SIGHUP, Int32(129))])
        func aSignalLeavesACheckpoint(signal: Int32, code: Int32) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let output = try #require(
                    try interrupt(
                        folder, at: "checkpoints/state-1-1.safetensors", with: signal, resume: false),
                    "the run ended before the signal")
                #expect(output.status == code)
                #expect(output.err.contains("fce train tiny.toml --threads 2 --quiet --resume"))
                let last = try Tool.start(Self.train + ["--resume"], in: folder).finish()
                #expect(last.status == 0, "\(last.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        /// Shell, kernel and session manager may each send one when a terminal closes.
        @Test func aHangUpMayComeTwice() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let run = try Tool.start(Self.train + ["--set", "phase.2.steps=100000"], in: folder)
                #expect(run.waits(for: "\(folder)/Runs/tiny/seed-1/checkpoints/state-1-1.safetensors"))
                for _ in 0..<3 { run.send(SIGHUP) }
                let output = try run.finish()
                #expect(output.status == 129 && output.err.contains("interrupted"))
            }
        }

        @Test func underNohupAHangUpIsNothing() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let run = try Tool.start(Self.train, in: folder, wrapper: ["nohup"])
                try #require(run.waits(for: "\(folder)/Runs/tiny/seed-1/checkpoints/state-0-1.safetensors"))
                run.send(SIGHUP)
                let output = try run.finish()
                #expect(output.status == 0, "\(output.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        @Test func aReaderThatLeavesStopsNoTraining() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                // The reader of the progress ends at once.
                let command = "fce train tiny.toml --threads 2 --out run 2>&1 | true"
                _ = try Tool.follow("(\(command))", in: folder)
                #expect(exists("\(folder)/run/result.json"))
            }
        }

        @Test func aSecondProcessOnTheRunIsRefused() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let first = try Tool.start(Self.train + ["--set", "phase.2.steps=100000"], in: folder)
                #expect(first.waits(for: "\(folder)/Runs/tiny/seed-1/run.json"))
                let second = try Tool.start(
                    Self.train + ["--resume", "--set", "phase.2.steps=100000"], in: folder
                ).finish()
                first.send(SIGTERM)
                #expect(second.status == 75)
                #expect(second.err.contains("is training in this run directory"))
                #expect(try first.finish().status == 143)
            }
        }

        /// The tiny recipe without its joint phase.
        private var firstPhases: String {
            tinyRecipe.components(separatedBy: "\n[[phase]]\nkind = \"joint\"")[0]
                .replacing("\"fce-vat\"", with: "\"fce-init-vat\"").replacing("\"tiny\"", with: "\"start\"")
        }

        @Test func aRunThatContinuesAnotherEndsBitIdentical() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                try write(firstPhases, to: "\(folder)/start.toml")
                let start = ["train", "start.toml", "--threads", "2", "--quiet"]
                try #require(try Tool.start(start, in: folder).finish().status == 0)
                let output = try Tool.start(Self.train + ["--from", "Runs/start"], in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        @Test func aFlowAloneIsContinuedBitIdentical() throws {
            try withFolder { folder in
                let whole = firstPhases.replacing("\"fce-init-vat\"", with: "\"fce-init\"")
                    .replacing("weight = 1.0", with: "weight = 0.0")
                let flow = whole.components(separatedBy: "\n[[phase]]\nkind = \"energy\"")[0]
                    .replacing("\"fce-init\"", with: "\"flow\"")
                try write(whole, to: "\(folder)/whole.toml")
                try write(flow, to: "\(folder)/flow.toml")
                func train(_ words: String...) throws -> Tool.Output {
                    try Tool.start(["train"] + words + ["--threads", "2", "--quiet"], in: folder).finish()
                }
                try #require(try train("flow.toml", "--out", "flow").status == 0)
                let output = try train("whole.toml", "--out", "continued", "--from", "flow")
                #expect(output.status == 0, "\(output.err)")
                try #require(try train("whole.toml", "--out", "whole", "--flows", "none").status == 0)
                let numbers = try RunNumbers("\(folder)/continued")
                let differences = numbers.differences(from: try RunNumbers("\(folder)/whole"))
                // A run of the flow alone keeps no energy.
                #expect(differences == ["weights-0-flow-mle.safetensors"])
            }
        }

        @Test func onlyARunThatBeginsTheRecipeIsContinued() throws {
            _ = try TinyRun.output()
            func from(_ run: String, _ set: String) throws -> Tool.Output {
                try Tool.run(
                    "train", "tiny.toml", "--out", "other", "--from", run, "--set", set, in: TinyRun.folder)
            }
            let other = try from("Runs/tiny", "phase.1.steps=9")
            #expect(other.status == 78 && other.err.contains("`phase.1.steps`"), "\(other.err)")
            let same = try from("Runs/tiny", "log.every=2")
            #expect(same.status == 78 && same.err.contains("nothing is left to train"), "\(same.err)")
            let none = try from("Nowhere", "log.every=1")
            #expect(none.status == 66 && none.err.contains("is this a run directory?"), "\(none.err)")
        }

        @Test func anotherRecipeDoesNotResume() throws {
            _ = try TinyRun.output()
            let output = try Tool.run(
                "train", "tiny.toml", "--resume", "--set", "vat.weight=2", in: TinyRun.folder)
            #expect(output.status == 78 && output.err.contains("`vat.weight`"))
        }
    }
}
