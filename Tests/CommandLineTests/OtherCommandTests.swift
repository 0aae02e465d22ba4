import Datasets
import EnergyModels
import Foundation
import Recipes
import Runs
import Schemas
import Testing
import Training

extension CommandLine {
    /// Commands that need no run.
    @Suite struct OtherCommandTests {
        @Test func helpTeaches() throws {
            try withFolder { folder in
                let help = try Tool.run("--help", in: folder)
                #expect(help.status == 0)
                for code in ["64", "65", "66", "69", "70", "74", "75", "78", "130", "143"] {
                    #expect(help.out.contains("\n  \(code)"), "exit code \(code)")
                }
                #expect(help.out.split(separator: "\n").allSatisfy { $0.count <= 80 })
                #expect(try Tool.run("--version", in: folder).out == Experiment.tool + "\n")
            }
        }

        @Test(arguments: [
            ["train"], ["reproduce"], ["eval"], ["predict"], ["sample"], ["export"], ["table"], ["compare"],
            ["report"], ["doctor"], ["watch"],
            ["recipe", "check"], ["recipe", "show"], ["recipe", "keys"], ["data", "info"], ["data", "split"],
            ["data", "svhn10k"],
        ])
        func everyCommandShowsAnExample(command: [String]) throws {
            try withFolder { folder in
                let output = try Tool.start(command + ["--help"], in: folder).finish()
                #expect(output.status == 0)
                #expect(
                    output.out.contains("Example")
                        && output.out.contains("  fce \(command.joined(separator: " "))"))
            }
        }

        @Test func recipesAreCheckedShownAndExplained() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                try write("method = \"fce\"\nnothing = 1\n", to: "\(folder)/bad.toml")
                let check = try Tool.run("recipe", "check", "bad.toml", "tiny.toml", in: folder)
                #expect(check.status == 78 && check.err.contains("bad.toml:2"))
                let recipe = try Recipe.load("\(folder)/tiny.toml")
                #expect(
                    check.out.contains(recipe.hash.prefix(12))
                        && check.out.contains("phase 3   joint, 5 steps"))

                let shown = try Tool.run("recipe", "show", "tiny.toml", "--set", "vat.weight=2", in: folder)
                #expect(try Recipe.parse(shown.out).vat.weight == 2)
                let keys = try #require(
                    try Tool.run("recipe", "keys", "--json", in: folder).json() as? [[String: Any]])
                #expect(keys.compactMap { $0["path"] as? String } == Recipe.keys.map(\.path))
                #expect(
                    try Tool.run("recipe", "keys", "phase.gate", in: folder).out.contains("phase.gate.cap"))
            }
        }

        @Test func aCheckSaysWhatTrainingCostsHere() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let table = "title = \"T\"\nseeds = [1, 2]\nrecipes = [\"tiny.toml\"]\n"
                try write(table, to: "\(folder)/table.toml")
                // A folder that nobody can write.
                let check = try Tool.run(
                    "recipe", "check", "tiny.toml", "table.toml", "--json", "--threads", "1", in: folder,
                    environment: ["XDG_CACHE_HOME": "/dev/null"])
                #expect(check.status == 0 && check.err.contains("measuring how fast"), "\(check.err)")
                let records = try #require(try check.json() as? [[String: Any]])
                let costs = records.compactMap { $0["cost"] as? [String: Any] }
                let times = costs.compactMap { $0["seconds"] as? Double }
                #expect(records.map { $0["kind"] as? String } == ["recipe", "table"])
                #expect(times.count == 2 && times[0] > 1 && times[1] > times[0])
                #expect(costs.allSatisfy { $0["threads"] as? Int == 1 && $0["missing"] == nil })
                let phases = try #require(records[0]["phases"] as? [[String: Any]])
                #expect(phases.compactMap { $0["seconds"] as? Double }.count == 3)

                let counted = try Tool.run("recipe", "check", "tiny.toml", "--no-measure", in: folder)
                #expect(counted.status == 0 && counted.err.isEmpty)
                #expect(counted.out.contains("was not measured"))

                let absent = tinyRecipe.replacing(
                    "\"synthetic\"", with: "\"cifar10\"\ndirectory = \"nowhere\""
                )
                .replacing("classes = 4", with: "classes = 10")
                .replacing("labels = 8\nsize = 32", with: "labels = 10")
                try write(absent, to: "\(folder)/absent.toml")
                let partly = try Tool.run("recipe", "check", "absent.toml", in: folder)
                #expect(partly.status == 0, "\(partly.err)")
                #expect(partly.out.contains("not counted  reading the data and tests: nowhere"))
            }
        }

        @Test func dataAreDescribedAndSplit() throws {
            try withFolder { folder in
                let facts = try Tool.run("data", "info", "synthetic", ".", "--json", in: folder).object()
                let train = try #require(facts["train"] as? [String: Any])
                #expect((train["histogram"] as? [Int])?.reduce(0, +) == train["count"] as? Int)
                #expect((train["sha256"] as? String)?.count == 64)
                #expect(facts["sharedImages"] as? Int == 0)

                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let split = try Tool.run(
                    "data", "split", "tiny.toml", "--seed", "1", "--out", "split.json", in: folder)
                #expect(split.status == 0 && split.out.contains("8 labelled"))
                _ = try TinyRun.output()
                let drawn = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/split.json"))
                let ofRun = try RunFiles(path: TinyRun.path).split()
                let written = try JSONSerialization.jsonObject(with: drawn) as? [String: Any]
                #expect(written?["labelled"] as? [Int] == ofRun.labelled)
                #expect(written?["validation"] as? [Int] == ofRun.validation)

                let none = try Tool.run("data", "svhn10k", "none.mat", "--out", "made", in: folder)
                #expect(none.status == 66)
            }
        }

        @Test(arguments: [
            ["--axes", "batch"], ["--out", "."], ["--growth", "--steps", "mle"],
            ["--growth", "--axes", "none"],
            ["--steps", "mle,"], ["--on-demand"], ["--on-demand", "--steps", "mle,ebm"],
            ["--on-demand", "--growth"],
        ])
        func benchmarksRefuseWhatDoesNotFit(options: [String]) throws {
            try withFolder { folder in
                let output = try Tool.start(["bench"] + options, in: folder).finish()
                #expect(output.status == 64 && output.out.isEmpty)
                #expect(output.err.hasPrefix("fce: error: "))
            }
        }

        @Test func benchmarksAnswerWhoTakesTurns() throws {
            try withFolder { folder in
                let bench = "\"$FCE\" bench --on-demand --steps ebm_pool --batch 1 --threads 1"
                let output = try Tool.shell("printf '2\\n1\\n' | \(bench)", in: folder)
                let lines = try output.out.split(separator: "\n").map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                }
                #expect(output.status == 0 && lines.count == 4 && lines[0]["ready"] as? Bool == true)
                #expect(lines[1...2].map { ($0["ms"] as? [Double])?.count } == [2, 1])
                let ms = try #require(lines[3]["ms"] as? [String: Double])
                let times = lines[1...2].flatMap { $0["ms"] as? [Double] ?? [] }.sorted()
                #expect(times.count == 3 && abs((ms["ebm_pool"] ?? 0) - times[1]) < 0.1, "the median of all")
            }
        }

        @Test func doctorMeasuresTheMachine() throws {
            try withFolder { folder in
                let facts = try Tool.run("doctor", "--json", "--threads", "1", in: folder).object()
                let rates = try #require(facts["gflops"] as? [String: Double])
                #expect(rates["float32, OpenBLAS"] ?? 0 > 1)
                #expect(facts["threads"] as? Int == 1)
                #expect(["float32", "bfloat16"].contains(facts["precision"] as? String))
                #expect((facts["memoryBytes"] as? Int ?? 0) > 1 << 28)
                #expect((facts["openblasCore"] as? String)?.isEmpty == false)
            }
        }
    }
}
