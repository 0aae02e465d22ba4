import Datasets
import Foundation
import Runs
import Scores
import Tensors
import Testing

extension CommandLine {
    @Suite struct TrainTests {
        @Test func aRunLeavesTheFilesOfTheContract() throws {
            let output = try TinyRun.output()
            #expect(output.out.contains("test error") && output.out.contains("report.html"))
            let names = [
                "recipe.toml", "run.json", "split.json", "metrics.jsonl", "evaluation.json",
                "predictions.safetensors", "result.json", "report.html", "samples/0-flow-mle.jpg",
                "samples/2-joint.jpg", "checkpoints/weights-0-flow-mle.safetensors",
                "checkpoints/weights-1-energy.safetensors", "checkpoints/weights-2-joint.safetensors",
            ]
            #expect(names.filter { !exists("\(TinyRun.path)/\($0)") } == [])
            let checkpoints = try FileManager.default.contentsOfDirectory(
                atPath: TinyRun.path + "/checkpoints")
            let states = checkpoints.filter { $0.hasPrefix("state-") }.sorted()
            #expect(states.count == 3)
            #expect(states.first == "state-2-0.safetensors" && states.last == "state-3-0.safetensors")
            let result = try RunFiles(path: TinyRun.path).result()
            #expect(result.command == "fce train tiny.toml --seed 1 --threads 2")
            #expect(result.steps["flow-mle"] == 8 && result.steps["energy"] == 8)
            #expect(result.testCount == 36 && result.wrongImages(count: 36) != nil)
            #expect(result.phases.count == 3)
        }

        @Test func bothModelsWereUpdatedInTheJointPhase() throws {
            _ = try TinyRun.output()
            let turns = try RunFiles(path: TinyRun.path).metrics().column("turn").values
            #expect(turns.contains(0) && turns.contains(1))
        }

        /// libgomp reads its environment when it is loaded, and says then what it has read.
        @Test(
            .enabled(if: Device.cpu.handicap == nil, "needs oneDNN"), arguments: [(nil, "1000"), ("7", "7")])
        func idleThreadsSleepEarlyUnlessTheUserDecided(count: String?, expected: String) throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                var environment = ["OMP_DISPLAY_ENV": "VERBOSE"]
                environment["GOMP_SPINCOUNT"] = count
                let process = try Tool.start(
                    ["train", "tiny.toml", "--out", "run", "--threads", "1"], in: folder,
                    environment: environment)
                // By its first checkpoint the run has said what it computes with.
                #expect(process.waits(for: "\(folder)/run/checkpoints/state-0-1.safetensors"))
                process.send(SIGTERM)
                let output = try process.finish()
                #expect(output.err.contains("GOMP_SPINCOUNT = '\(expected)'"), "\(output.err)")
                #expect(output.err.contains("(libgomp, GOMP_SPINCOUNT \(expected))"), "\(output.err)")
            }
        }

        @Test func recordsHoldNoFolderOfThisMachine() throws {
            _ = try TinyRun.output()
            for name in ["recipe.toml", "run.json", "result.json", "split.json"] {
                let text = try String(contentsOfFile: "\(TinyRun.path)/\(name)", encoding: .utf8)
                #expect(!text.contains(TinyRun.folder), "\(name)")
            }
        }

        @Test func aFinishedRunIsNotRepeated() throws {
            _ = try TinyRun.output()
            let before = try RunNumbers(TinyRun.path)
            let again = try Tool.run("train", "tiny.toml", "--threads", "2", in: TinyRun.folder)
            #expect(again.status == 78 && again.err.contains("--resume"))
            let resumed = try Tool.run(
                "train", "tiny.toml", "--threads", "2", "--resume", in: TinyRun.folder)
            #expect(resumed.status == 0 && resumed.err.contains("finished already"))
            #expect(try RunNumbers(TinyRun.path).differences(from: before) == [])
        }

        @Test func severalSeedsStandSideBySideAndShareAFlow() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let output = try Tool.run(
                    "train", "tiny.toml", "--seeds", "1,4", "--threads", "2", "--quiet", in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(output.err == "")
                #expect(output.out.contains("| tiny | fce-vat | 8 |") && output.out.contains("(2)"))
                let results = try [1, 4].map { try RunFiles(path: "\(folder)/Runs/tiny/seed-\($0)").result() }
                #expect(results.map(\.seed) == [1, 4])
                #expect(results[0].dataSHA256 == results[1].dataSHA256)
                #expect(
                    results[0].phases[0].scores[.flowBitsPerDim]
                        == results[1].phases[0].scores[.flowBitsPerDim])
                #expect(results[0].scores[.testNLL] != results[1].scores[.testNLL])
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/Runs/flows").count == 1)
                let splits = try [1, 4].map { try RunFiles(path: "\(folder)/Runs/tiny/seed-\($0)").split() }
                #expect(splits[0].labelled != splits[1].labelled)
                #expect(splits[0].validation == splits[1].validation)
                let numbers = try [1, 4].map { try RunNumbers("\(folder)/Runs/tiny/seed-\($0)") }
                let names = numbers[0].differences(from: numbers[1])
                #expect(names.contains("weights-1-energy.safetensors") && names.contains("metrics"))
                let flows = numbers.map { run in
                    run.weights["weights-0-flow-mle.safetensors"]?.filter { $0.key.hasPrefix("flow.") }
                }
                #expect(flows[0]?.isEmpty == false && flows[0] == flows[1])
            }
        }

        @Test func aSmokeRunWithoutDataTakesGeneratedImagesAndLeavesNothing() throws {
            try withFolder { folder in
                let recipe = """
                    method = "supervised"
                    [data]
                    source = "svhn"
                    labels = 500
                    [[phase]]
                    kind = "supervised"
                    steps = 5000
                    """
                try write(recipe, to: "\(folder)/svhn.toml")
                let output = try Tool.run("train", "svhn.toml", "--smoke", "--threads", "2", in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(output.err.contains("generated images") && output.out.contains("test error"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["svhn.toml"])
            }
        }
    }
}
