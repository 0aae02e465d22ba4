import Evaluation
import Foundation
import Runs
import System
import Testing

extension CommandLine {
    /// Features and probes of a finished run.
    @Suite struct ProbeTests {
        private let few = ["--labels", "8,all", "--draws", "3", "--hold-out", "16", "--threads", "2"]

        /// A copy of the tiny run, as the commands write into it.
        private func withRun(_ body: (String) throws -> Void) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                try body(folder)
            }
        }

        private func probe(_ folder: String, _ more: String...) throws -> Tool.Output {
            try Tool.start(["probe", "run"] + few + more, in: folder).finish()
        }

        @Test func aProbeIsPrintedKeptAndShown() throws {
            try withRun { folder in
                let table = try probe(folder, "--quiet")
                #expect(table.status == 0 && table.err == "", "\(table.err)")
                let lines = table.out.split(separator: "\n")
                #expect(lines.count == 3 && lines[0].contains("test error") && lines[1].contains("trained"))
                let record = try RunFiles(path: "\(folder)/run").probes()
                #expect(
                    record.results.map(\.labels) == [8, 48] && record.results.map(\.errors.count) == [3, 1])
                let features = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/run/features")
                #expect(features.count == 2)
                // From the kept features, and without them.
                let again = try probe(folder, "--json")
                let fresh = try probe(folder, "--json", "--no-cache")
                #expect(again.status == 0 && again.out == fresh.out)
                #expect(try RunFiles(path: "\(folder)/run").probes() == record)
                let results = try #require(try again.json() as? [[String: Any]])
                #expect((results[0]["results"] as? [Any])?.count == 2)
                let untrained = try probe(folder, "--random-init", "--classifier", "logistic")
                #expect(untrained.status == 0 && untrained.out.contains("random-init"), "\(untrained.err)")
                #expect(try RunFiles(path: "\(folder)/run").probes().results.count == 4)
                #expect(try Tool.run("report", "run", "--out", "page.html", in: folder).status == 0)
                let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
                #expect(page.contains("Probes") && page.contains("logistic"))
            }
        }

        @Test func theListOfCMayBeAnother() throws {
            try withRun { folder in
                let one = try probe(folder, "--costs", "3e-5", "--json")
                let results = try #require((try one.json() as? [[String: Any]])?.first?["results"])
                #expect((results as? [[String: Any]])?.map { $0["cost"] as? Double } == [3e-5, 3e-5])
                // Errors of so few images are equal for all of these, and the first is taken.
                let small = try probe(folder, "--costs", "2e-9,1e-9,3e-9")
                #expect(small.out.contains("A C at an end of 1e-09, 2e-09, 3e-09"), "\(small.out)")
                #expect(!(try probe(folder, "--costs", "1e-9")).out.contains("at an end"))
            }
        }

        @Test func damagedFeaturesAreComputedAnew() throws {
            try withRun { folder in
                let first = try probe(folder, "--json")
                let kept = "\(folder)/run/features"
                for name in try FileManager.default.contentsOfDirectory(atPath: kept) {
                    truncate("\(kept)/\(name)", 1000)
                }
                let second = try probe(folder, "--json")
                #expect(second.status == 0 && second.out == first.out)
                #expect(second.err.split(separator: "\n").count == 2, "\(second.err)")
                #expect(second.err.contains("computing the features anew"))
                #expect(try probe(folder, "--json").err == "")
            }
        }

        @Test func featuresAreWritten() throws {
            try withRun { folder in
                func features(_ more: String...) throws -> SafetensorsFile {
                    let output = try Tool.start(
                        ["features", "run", "--out", "f.safetensors", "--threads", "2"] + more, in: folder
                    ).finish()
                    #expect(output.status == 0 && output.out.contains("features"), "\(output.err)")
                    return try SafetensorsFile(path: "\(folder)/f.safetensors")
                }
                let all = try features()
                // Nine convolutions of 4, 8 and 8 maps.
                #expect(all.tensors["features"]?.shape == [64, 16 * (3 * 4 + 6 * 8)])
                #expect(all.tensors["labels"]?.integers()?.count == 64)
                let top = try features("--set", "test", "--layers", "conv9")
                #expect(top.tensors["features"]?.shape == [36, 16 * 8])
                #expect(try features("--set", "test", "--layers", "top") == top)
                #expect(try features("--set", "test", "--layers", "top", "--random-init") != top)
                #expect(try features("--set", "test", "--layers", "top", "--phase", "2") != top)
            }
        }

        @Test(arguments: [
            (["--layers", "conv10"], 78, "conv1, conv2"), (["--phase", "1"], 78, "phase"),
            (["--labels", "0"], 64, "--labels"), (["--labels", "60"], 78, "labels of class"),
            (["--random-init", "--phase", "2"], 64, "not both"), (["--draws", "0"], 64, "--draws"),
            (["--classifier", "tree"], 64, "svm"), (["--costs", "1,0"], 64, "--costs"),
            (["--costs", "1,1"], 64, "--costs"),
        ])
        func whatIsWrongIsOneLine(arguments: [String], status: Int32, what: String) throws {
            _ = try TinyRun.output()
            let output = try Tool.start(
                ["probe", TinyRun.path, "--hold-out", "16", "--no-cache", "--quiet"] + arguments,
                in: TinyRun.folder
            ).finish()
            #expect(output.status == status && output.err.contains(what), "\(output.err)")
            #expect(output.status == 64 || output.err.split(separator: "\n").count == 1)
            #expect(!exists("\(TinyRun.path)/probe.json"))
        }

        @Test func aRecipeWithAProbeIsARowOfATable() throws {
            try withFolder { folder in
                try write(
                    """
                    method = "random-init"
                    [data]
                    source = "synthetic"
                    size = 16
                    train = 100
                    test = 20
                    validation = 10
                    [energy]
                    base = "none"
                    head = "plain"
                    network = "four-layer"
                    width = 0.0625
                    classes = 4
                    [probe]
                    labels = [8, 0]
                    draws = 2
                    hold-out = 20
                    [[phase]]
                    kind = "supervised"
                    steps = 0

                    """, to: "\(folder)/random-init.toml")
                let supervised = try String(contentsOfFile: "\(folder)/random-init.toml", encoding: .utf8)
                    .replacing("\"random-init\"", with: "\"supervised\"")
                    .replacing("steps = 0", with: "steps = 3\nlabelled-batch = 8")
                    .replacing("[data]", with: "[data]\nlabels = 8")
                    .replacing("[probe]\nlabels = [8, 0]\ndraws = 2\nhold-out = 20\n", with: "")
                try write(supervised, to: "\(folder)/supervised.toml")
                try write(
                    "title = \"Curves\"\nseeds = [1, 2]\nlabels = [8, 40, 0]\nresults = \"R\"\n"
                        + "recipes = [\"supervised.toml\", \"random-init.toml\"]\n",
                    to: "\(folder)/table-curves.toml")
                let output = try Tool.start(
                    ["reproduce", "table-curves.toml", "--threads", "2", "--quiet"], in: folder
                ).finish()
                #expect(output.status == 0, "\(output.err)")
                let table = try String(contentsOfFile: "\(folder)/R/table.md", encoding: .utf8)
                #expect(
                    table == output.out
                        && table.contains("| labels | supervised, % | random-init, probe, % |"))
                #expect(
                    table.contains("\n| 40 |") && table.contains("\n| 90 |") && table.contains("\n| 80 |"))
                #expect(exists("\(folder)/R/label-efficiency.svg") && exists("\(folder)/R/table.csv"))
                let again = try Tool.start(["reproduce", "table-curves.toml", "--quiet"], in: folder).finish()
                #expect(again.status == 0 && again.out == output.out)
                let plain = try Tool.run("table", "R/random-init-seed-1.json", in: folder)
                #expect(plain.status == 0 && plain.out.contains("probe, 8 labels, %"))
            }
        }
    }
}
