import Foundation
import Runs
import Scores
import System
import Testing

extension CommandLine {
    /// Runs that lack something, or went wrong, and what their errors advise.
    @Suite struct ContinuationTests {
        private static let train = ["train", "tiny.toml", "--threads", "2", "--quiet"]

        /// Runs the body with a copy of the tiny run, `run`, in a folder with its recipe.
        private func withCopy(_ body: (_ folder: String, _ files: RunFiles) throws -> Void) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                try body(folder, RunFiles(path: "\(folder)/run"))
            }
        }

        private func metadata(_ path: String) throws -> [String: String] {
            try SafetensorsFile(path: path).metadata
        }

        /// Also without the state of the run's end: the steps after an older one are repeated.
        @Test(arguments: [false, true])
        func lastWeightsThatAreGoneAreMadeAgain(isStateGone: Bool) throws {
            try withCopy { folder, files in
                let weights = files.weights(phaseIndex: 2, name: "joint")
                let before = try metadata(weights)
                unlink(weights)
                if isStateGone { unlink("\(files.checkpoints)/state-3-0.safetensors") }
                let words = ["predict", "run", "run/samples/0-flow-mle.jpg", "--threads", "2"]
                let refused = try Tool.start(words, in: folder).finish()
                #expect(refused.status == 66 && refused.out == "")
                #expect(
                    refused.err.contains("weights-2-joint.safetensors: the weights at the end of phase 3"))
                let command = try #require(refused.err.components(separatedBy: "make them again: ").last)
                let made = try Tool.follow(command, in: folder)
                #expect(made.status == 0, "\(made.err)")
                #expect(
                    try RunNumbers(files.path).differences(from: try RunNumbers(TinyRun.path)) == [])
                var after = try metadata(weights)
                // Steps that are repeated take another time.
                if isStateGone { after["seconds"] = before["seconds"] }
                #expect(after == before)
                #expect(try Tool.start(words, in: folder).finish().status == 0)
            }
        }

        @Test func weightsOfAnEarlierPhaseAreMadeAgainFromItsEnd() throws {
            try withCopy { folder, files in
                let weights = files.weights(phaseIndex: 1, name: "energy")
                let before = try metadata(weights)
                unlink(weights)
                let last = try Tool.run("eval", "run", in: folder)
                #expect(last.status == 0, "other weights are not needed")
                let refused = try Tool.run("eval", "run", "--phase", "2", in: folder)
                #expect(refused.status == 66 && refused.err.contains("weights-1-energy.safetensors"))
                let command = try #require(refused.err.components(separatedBy: "make them again: ").last)
                let made = try Tool.follow(command, in: folder)
                #expect(
                    made.status == 0 && made.err.contains("made again from state-2-0.safetensors"))
                #expect(try metadata(weights) == before)
                #expect(
                    try RunNumbers(files.path).differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }

        @Test func weightsWithoutACheckpointAreNotPromised() throws {
            try withCopy { folder, files in
                unlink(files.weights(phaseIndex: 0, name: "flow-mle"))
                let refused = try Tool.run("sample", "run", "--out", "a.png", "--phase", "1", in: folder)
                #expect(refused.status == 66 && refused.err.contains("restore the file from a copy"))
                let resumed = try Tool.start(
                    Self.train + ["--out", "run", "--resume"], in: folder
                ).finish()
                #expect(resumed.status == 0 && !exists(files.weights(phaseIndex: 0, name: "flow-mle")))
            }
        }

        @Test func weightsOfAnotherPhaseUnderTheNameAreRefused() throws {
            try withCopy { folder, files in
                let last = files.weights(phaseIndex: 2, name: "joint")
                unlink(last)
                try FileManager.default.copyItem(
                    atPath: files.weights(phaseIndex: 1, name: "energy"), toPath: last)
                let refused = try Tool.run("eval", "run", in: folder)
                #expect(refused.status == 65 && refused.err.contains("not the weights of phase 3"))
            }
        }

        @Test func whatAnUnfinishedRunSaysIsOfItsLastEndedPhase() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let run = try Tool.start(
                    Self.train + ["--out", "run", "--set", "phase.2.steps=100000"], in: folder)
                try #require(run.waits(for: "\(folder)/run/checkpoints/state-1-1.safetensors"))
                run.send(SIGTERM)
                #expect(try run.finish().status == 143)
                let sampled = try Tool.run("sample", "run", "--out", "a.png", in: folder)
                #expect(sampled.status == 0)
                #expect(sampled.err.contains("the end of phase 1 of 3 (flow-mle)"), "\(sampled.err)")
            }
        }

        /// The advice is followed word for word until the run finishes: a tenth of the rate may diverge too.
        @Test func whatTheDivergenceAdvisesWorks() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let rate = "phase.3.flow-optimizer.rate=10"
                var output = try Tool.start(
                    Self.train + ["--out", "run", "--set", rate], in: folder
                ).finish()
                #expect(output.status == 70)
                var attempts = 0
                while output.status == 70, attempts < 4 {
                    let command = try #require(output.err.components(separatedBy: "as in: ").last)
                    #expect(command.contains("--from run"))
                    output = try Tool.follow(command, in: folder)
                    attempts += 1
                }
                #expect(output.status == 0 && attempts == 2, "\(output.err)")
                // Bit for bit what the whole of the last recipe gives.
                let whole = try Tool.start(
                    ["train", "run-2-2/recipe.toml", "--threads", "2", "--quiet", "--out", "whole"]
                        + ["--flows", "no-flows"], in: folder
                ).finish()
                #expect(whole.status == 0, "\(whole.err)")
                let numbers = try RunNumbers("\(folder)/run-2-2")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/whole")) == ["result"])
                let results = try ["run-2-2", "whole"].map { try RunFiles(path: "\(folder)/\($0)").result() }
                #expect(results[0].scores[.testNLL] == results[1].scores[.testNLL])
                #expect(results[0].recipeHash == results[1].recipeHash)
            }
        }

        @Test func aFirstPhaseThatDivergesBeginsAgainInAnotherFolder() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let output = try Tool.start(
                    Self.train + ["--set", "phase.1.optimizer.rate=1000"], in: folder
                ).finish()
                #expect(output.status == 70 && !output.err.contains("--from"), "\(output.err)")
                #expect(output.err.contains("--out Runs/tiny-2/seed-1"))
            }
        }

        @Test func aFinishedRunIsContinuedFromTheStartOfItsLastPhase() throws {
            try withCopy { folder, _ in
                let change = ["--set", "phase.3.flow-optimizer.rate=2e-4"]
                let refused = try Tool.start(
                    Self.train + change + ["--out", "run", "--resume"], in: folder
                ).finish()
                #expect(refused.status == 78 && refused.err.contains("after phase 2 with --from run"))
                let output = try Tool.start(
                    Self.train + change + ["--from", "run", "--out", "other"], in: folder
                ).finish()
                #expect(output.status == 0, "\(output.err)")
                let whole = try Tool.start(
                    Self.train + change + ["--out", "whole", "--flows", "no-flows"], in: folder
                ).finish()
                #expect(whole.status == 0, "\(whole.err)")
                let numbers = try RunNumbers("\(folder)/other")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/whole")) == [])
            }
        }

        @Test func aRunWithoutAnEndedPhaseIsNotContinued() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let run = try Tool.start(
                    Self.train + ["--out", "run", "--set", "phase.1.steps=100000"], in: folder)
                try #require(run.waits(for: "\(folder)/run/checkpoints/state-0-1.safetensors"))
                run.send(SIGTERM)
                _ = try run.finish()
                let output = try Tool.start(
                    Self.train + ["--out", "b", "--from", "run", "--set", "phase.1.steps=100000"], in: folder
                ).finish()
                #expect(output.status == 66 && output.err.contains("no phase of this run has ended"))
            }
        }
    }
}
