import Foundation
import Runs
import Testing

extension CommandLine {
    /// A table whose command, workers or runs are interrupted, killed or shared with another process.
    @Suite struct ReproduceCrashTests {
        @Test func afterAKillTheSameCommandEndsBitIdentical() throws {
            try TinyTable.withTable(isSlow: true) { folder in
                try TinyTable.withTable(isSlow: true) { whole in
                    try #require(try Tool.start(TinyTable.reproduce, in: whole).finish().status == 0)
                    let run = try Tool.start(TinyTable.reproduce, in: folder)
                    try #require(
                        run.waits(for: "\(folder)/Runs/start/seed-2/checkpoints/state-1-5.safetensors"))
                    run.send(SIGKILL)
                    #expect(try run.finish().status == SIGKILL)
                    // At once, while the workers may still be leaving.
                    let last = try Tool.start(TinyTable.reproduce, in: folder).finish()
                    #expect(last.status == 0, "\(last.err)")
                    #expect(
                        try TinyTable.text("\(folder)/Runs/start/seed-2/train.log").contains(
                            "resuming at phase 2"))
                    for (one, other) in zip(try TinyTable.numbers(folder), try TinyTable.numbers(whole)) {
                        #expect(one.differences(from: other) == [])
                    }
                }
            }
        }

        @Test func workersDoNotOutliveTheirParent() throws {
            try TinyTable.withTable(isSlow: true) { folder in
                let run = try Tool.start(TinyTable.reproduce, in: folder)
                let files = RunFiles(path: "\(folder)/Runs/start/seed-1")
                try #require(run.waits(for: files.file("checkpoints/state-1-5.safetensors")))
                let worker = try #require(files.progress()?.process)
                // Ctrl-C on a terminal must not come twice: directly, and through the parent.
                #expect(getpgid(worker) == worker)
                run.send(SIGKILL)
                _ = try run.finish()
                for _ in 0..<1000 where kill(worker, 0) == 0 { usleep(10_000) }
                #expect(kill(worker, 0) != 0)
                #expect(!exists(files.file("result.json")), "the run was too fast to be killed")
            }
        }

        @Test func aKilledWorkerIsAFailureThatTheNextCallMends() throws {
            try TinyTable.withTable(isSlow: true) { folder in
                let run = try Tool.start(TinyTable.reproduce, in: folder)
                let files = RunFiles(path: "\(folder)/Runs/start/seed-1")
                try #require(run.waits(for: files.file("checkpoints/state-1-5.safetensors")))
                kill(try #require(files.progress()?.process), SIGKILL)
                let output = try run.finish()
                #expect(output.status == 69)
                #expect(output.err.contains("start, seed 1 failed: killed by signal 9"), "\(output.err)")
                #expect(output.err.contains("tiny, seed 1 skipped"))
                #expect(exists("\(folder)/Results/tiny-seed-2.json"))
                #expect(try Tool.start(TinyTable.reproduce, in: folder).finish().status == 0)
                #expect(exists("\(folder)/Results/tiny-seed-1.json"))
            }
        }

        @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130)), (SIGHUP, Int32(129))])
        func aSignalLeavesCheckpoints(signal: Int32, code: Int32) throws {
            try TinyTable.withTable(isSlow: true) { folder in
                let run = try Tool.start(TinyTable.reproduce, in: folder)
                let state = "\(folder)/Runs/start/seed-1/checkpoints/state-1-5.safetensors"
                try #require(run.waits(for: state))
                run.send(signal)
                let output = try run.finish()
                #expect(output.status == code)
                #expect(output.err.contains("continue with: "))
                #expect(output.err.contains("fce reproduce table.toml --jobs 2 --threads 2\n"))
                #expect(
                    try TinyTable.text("\(folder)/Runs/start/seed-1/train.log").contains(
                        "interrupted; continue"))
                #expect(try !TinyTable.text("\(folder)/Runs/start/seed-1/train.log").contains("--parent"))
            }
        }

        @Test func aRunThatAnotherProcessTrainsIsWaitedFor() throws {
            try TinyTable.withTable(isSlow: true) { folder in
                let other = try Tool.start(
                    ["train", "start.toml", "--threads", "1"], in: folder)
                try #require(
                    other.waits(for: "\(folder)/Runs/start/seed-1/checkpoints/state-1-5.safetensors"))
                let output = try Tool.start(TinyTable.reproduce + ["--seeds", "1"], in: folder).finish()
                #expect(output.status == 0)
                #expect(
                    output.err.contains("start, seed 1: process ")
                        && output.err.contains("waiting until that ends"), "\(output.err)")
                #expect(try other.finish().status == 0)
                #expect(exists("\(folder)/Results/tiny-seed-1.json"))
            }
        }
    }
}
