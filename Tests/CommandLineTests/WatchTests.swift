import Foundation
import Testing

extension CommandLine {
    @Suite struct WatchTests {
        @Test func aFinishedRunSaysSo() throws {
            _ = try TinyRun.output()
            let text = try Tool.run("watch", TinyRun.path, in: TinyRun.folder)
            #expect(text.status == 0 && text.out.hasPrefix("tiny, seed 1: finished\n"), "\(text.err)")
            #expect(text.out.contains("test error") && text.out.contains("▁"))
            let record = try #require(
                try Tool.run("watch", "Runs", "--json", in: TinyRun.folder).json() as? [[String: Any]])
            #expect(record.first?["state"] as? String == "finished")
            #expect(record.first?["testError"] as? Double != nil)
            // On a terminal, too, it ends by itself.
            let screen = try Tool.onTerminal(["watch", TinyRun.path], columns: 100, in: TinyRun.folder)
            #expect(screen.hasPrefix("tiny, seed 1: finished\r\n"))
            #expect(screen.split(separator: "\r\n").allSatisfy { $0.count < 100 })
        }

        @Test func whatContinuesAKilledRunContinuesIt() throws {
            try withFolder { folder in
                let slow = tinyRecipe.replacing(
                    "kind = \"energy\"\nsteps = 8", with: "kind = \"energy\"\nsteps = 150")
                try write(slow, to: "\(folder)/slow.toml")
                let run = try Tool.start(
                    ["train", "slow.toml", "--threads", "1", "--out", "my run"], in: folder)
                try #require(run.waits(for: "\(folder)/my run/checkpoints/state-1-5.safetensors"))
                let live = try Tool.run("watch", "my run", "--json", in: folder)
                let training = try #require(try live.json() as? [[String: Any]]).first
                #expect(training?["state"] as? String == "training" && training?["phaseNumber"] as? Int == 2)
                run.send(SIGKILL)
                _ = try run.finish()

                let text = try Tool.run("watch", "my run", in: folder).out
                #expect(text.contains("is gone") && text.contains("phase 2, step"), "\(text)")
                let gone = try #require(
                    try Tool.run("watch", "my run", "--json", in: folder).json() as? [[String: Any]]
                ).first
                let command = try #require(gone?["resume"] as? String)
                #expect(text.contains(command) && command.contains("'my run'"))
                let words = ["train", "my run/recipe.toml", "--out", "my run", "--resume", "--threads", "1"]
                #expect(command == "fce train 'my run/recipe.toml' --out 'my run' --resume --threads 1")
                let resumed = try Tool.start(words, in: folder).finish()
                #expect(resumed.status == 0 && resumed.err.contains("resuming at phase 2"), "\(resumed.err)")
                #expect(try Tool.run("watch", ".", in: folder).out.contains("finished"))
            }
        }

        @Test func nothingToWatchIsAnError() throws {
            try withFolder { folder in
                let empty = try Tool.run("watch", ".", in: folder)
                #expect(empty.status == 66 && empty.err.contains("no run here"))
                #expect(try Tool.run("watch", "nowhere", in: folder).status == 66)
            }
        }

        @Test func tablesFollowTheTerminal() throws {
            _ = try TinyRun.output()
            let piped = try Tool.run("table", "Runs", in: TinyRun.folder).out
            #expect(piped.contains("| tiny | fce-vat |"))
            for columns in [50, 200] {
                let screen = try Tool.onTerminal(["table", "Runs"], columns: columns, in: TinyRun.folder)
                #expect(!screen.contains("|") && screen.contains("All rows: method fce-vat"))
                #expect(screen.split(separator: "\r\n").allSatisfy { $0.count <= columns })
            }
            let asked = try Tool.onTerminal(["table", "Runs", "--markdown"], columns: 50, in: TinyRun.folder)
            #expect(asked.replacing("\r\n", with: "\n") == piped)
        }
    }
}
