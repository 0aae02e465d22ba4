import Foundation
import Testing

extension CommandLine {
    /// `fce reproduce TABLE --rehearse`.
    @Suite struct RehearseTests {
        private func rehearse(_ folder: String, _ more: String...) throws -> Tool.Output {
            try Tool.start(
                ["reproduce", "table.toml", "--rehearse", "--threads", "1"] + more, in: folder,
                environment: ["XDG_CACHE_HOME": "\(folder)/caches"]
            ).finish()
        }

        @Test func everyPhaseIsRehearsedOnceAndKept() throws {
            try TinyTable.withTable { folder in
                let first = try rehearse(folder, "--json")
                #expect(first.status == 0, "\(first.err)")
                let phases = try #require(try first.object()["phases"] as? [[String: Any]])
                // Both recipes have the same first two phases.
                #expect(phases.map { $0["kind"] as? String } == ["flow-mle", "energy", "joint"])
                #expect(phases.map { ($0["recipes"] as? [String])?.count } == [2, 2, 1])
                for phase in phases {
                    for key in ["update", "predictedUpdate", "memoryMB", "checkpointMB", "days"] {
                        #expect(phase[key] as? Double ?? 0 > 0, "\(key) of \(phase)")
                    }
                    #expect(phase["trainingImages"] as? Int == 64 && phase["testImages"] as? Int == 36)
                }
                let recipes = try #require(try first.object()["recipes"] as? [[String: Any]])
                let days = recipes.compactMap { $0["days"] as? Double }
                // Two seeds of both; shared phases count once.
                let all = try #require(try first.object()["days"] as? Double)
                #expect(days.count == 2 && all > days[0] && all < 2 * (days[0] + days[1]))
                #expect(first.err.split(separator: "\n").count { $0.hasPrefix("rehearsing") } == 3)
                #expect(!exists("\(folder)/Runs") && !exists("\(folder)/Results"))

                let second = try rehearse(folder)
                #expect(second.status == 0 && !second.err.contains("rehearsing"), "\(second.err)")
                #expect(second.out.contains("| 1 flow-mle | tiny and 1 more |"), "\(second.out)")
                #expect(try rehearse(folder, "--again").err.contains("rehearsing tiny:2, joint"))
            }
        }

        @Test func dataThatNobodyKnowsAreAskedFor() throws {
            try withFolder { folder in
                let recipe = tinyRecipe.replacing(
                    "source = \"synthetic\"", with: "source = \"image-folder\"\ndirectory = \"none\"")
                try write(recipe, to: "\(folder)/tiny.toml")
                try write(TinyTable.table("tiny"), to: "\(folder)/table.toml")
                let output = try rehearse(folder)
                #expect(output.status == 66 && output.err.contains("--data"), "\(output.err)")
            }
        }

        @Test(arguments: [["--list"], ["--smoke"], ["--table-only"]])
        func aRehearsalDoesNothingElse(option: [String]) throws {
            try TinyTable.withTable { folder in
                let output = try Tool.start(
                    ["reproduce", "table.toml", "--rehearse"] + option, in: folder
                ).finish()
                #expect(output.status == 64)
            }
        }
    }
}
