import Foundation
import Runs
import Testing

/// Programs in place of Slurm's, in the folder `bin`: `sbatch` writes down its calls and, where jobs are to run, runs the
/// script at once; `squeue` prints the file `queue`.
private func writeSlurm(to folder: String, isRunning: Bool) throws {
    try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
    let run = """
        log=$(printf '%s\\n' "$@" | sed -n 's/^--output=//p')
        SLURM_JOB_ID=$id SLURM_CPUS_PER_TASK=1 bash "$root/script-$id" >>"$log" 2>&1 </dev/null
        """
    let sbatch = """
        #!/bin/bash
        root='\(folder)'
        id=$(($(cat "$root/last" 2>/dev/null || echo 100) + 1))
        echo $id >"$root/last"
        echo "$*" >>"$root/calls"
        cat >"$root/script-$id"
        [ ! -e "$root/refuse" ] || { echo "sbatch: error: Invalid account" >&2; exit 1; }
        \(isRunning ? run : "")
        echo $id
        """
    try write(sbatch, to: "\(folder)/bin/sbatch")
    try write("#!/bin/sh\ncat '\(folder)/queue' 2>/dev/null || true\n", to: "\(folder)/bin/squeue")
    for name in ["sbatch", "squeue"] { chmod("\(folder)/bin/\(name)", 0o755) }
}

extension CommandLine {
    @Suite struct SlurmTests {
        private static let submit = ["reproduce", "table.toml", "--slurm", "--precision", "float32"]

        private func start(_ arguments: [String], in folder: String) throws -> Tool.Output {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return try Tool.start(arguments, in: folder, environment: ["PATH": "\(folder)/bin:\(path)"])
                .finish()
        }

        private func calls(_ folder: String) throws -> [String] {
            guard exists("\(folder)/calls") else { return [] }
            return try TinyTable.text("\(folder)/calls").split(separator: "\n").map(String.init)
        }

        private func name(_ call: String) throws -> String {
            try #require(call.split(separator: " ").first { $0.hasPrefix("--job-name=") }).dropFirst(11)
                .description
        }

        @Test func jobsMakeTheTableOfOneMachine() throws {
            try TinyTable.withTable { folder in
                let plain = [
                    "reproduce", "table.toml", "--threads", "1", "--precision", "float32", "--runs", "Plain",
                    "--results", "PlainResults",
                ]
                try #require(try Tool.start(plain, in: folder).finish().status == 0)
                try writeSlurm(to: folder, isRunning: true)
                let output = try start(Self.submit + ["--wait"], in: folder)
                #expect(
                    output.status == 0 && output.out.contains("101  flow of start, seed 1"), "\(output.err)")
                // The flow, four cells, the table.
                #expect(try calls(folder).count == 6)
                for run in ["tiny/seed-1", "tiny/seed-2", "start/seed-1", "start/seed-2"] {
                    let (own, other) = (
                        try RunNumbers("\(folder)/Runs/\(run)"), try RunNumbers("\(folder)/Plain/\(run)")
                    )
                    #expect(own.differences(from: other) == [], "\(run)")
                }
                let tables = try ["Results", "PlainResults"].map {
                    try TinyTable.text("\(folder)/\($0)/table.md")
                }
                #expect(
                    tables[0].contains("| tiny |") && Self.timeless(tables[0]) == Self.timeless(tables[1]))
                // Everything is done: the table is printed, and nothing is submitted.
                let again = try start(Self.submit, in: folder)
                #expect(again.status == 0 && again.out == tables[0])
                #expect(try calls(folder).count == 6)
            }
        }

        /// A table without the times of training.
        private static func timeless(_ table: String) -> String {
            table.replacing(#/[0-9.]+ (s|min|h)\b/#, with: "TIME")
        }

        @Test func nothingIsSubmittedTwice() throws {
            try TinyTable.withTable { folder in
                try writeSlurm(to: folder, isRunning: false)
                let command =
                    Self.submit + ["--sbatch", "--time=1:00:00 --mem=8G", "--sbatch", "--account=me"]
                let first = try start(command, in: folder)
                #expect(first.status == 0, "\(first.err)")
                let submitted = try calls(folder)
                #expect(
                    submitted.count == 6
                        && submitted[0].contains("--time=1:00:00 --mem=8G --account=me --job-name"))
                #expect(submitted[1].contains("--dependency=afterok:101,singleton"))
                #expect(submitted[5].contains("--dependency=afterany:101:102:103:104:105,singleton"))

                let names = try submitted.map(name)
                let queue = names.enumerated().map { "\(101 + $0)|PENDING||Priority|\($1)" }
                try write(queue.joined(separator: "\n") + "\n", to: "\(folder)/queue")
                let second = try start(command, in: folder)
                #expect(second.status == 0 && second.out.contains("103  tiny, seed 1: submitted before"))
                #expect(try calls(folder).count == 6)

                // A cell that has left the queue without a result is submitted again, and so is the table.
                try write(
                    queue.enumerated().filter { $0.offset != 2 }.map(\.element).joined(separator: "\n")
                        + "\n",
                    to: "\(folder)/queue")
                try #require(try start(command, in: folder).status == 0)
                let third = try calls(folder).dropFirst(6)
                #expect(try third.map(name) == [names[2], names[5]])
                #expect(third.last?.contains("--dependency=afterany:101:102:107:104:105,singleton") == true)
            }
        }

        @Test func theListSaysWhatJobsDo() throws {
            try TinyTable.withTable { folder in
                try writeSlurm(to: folder, isRunning: false)
                try #require(try start(Self.submit, in: folder).status == 0)
                let names = try calls(folder).map(name)
                try write(
                    "101|RUNNING|n3|None|\(names[0])\n102|PENDING||Dependency|\(names[1])\n",
                    to: "\(folder)/queue")
                let log = "\(folder)/Runs/start/seed-2/train.log"
                try write(
                    "fce: error: phase 2: diverged; try less\n1 job 9 on n4: fce ended with 70\n", to: log)
                let list = try start(Self.submit + ["--list"], in: folder)
                #expect(list.status == 0, "\(list.err)")
                let lines = list.out.split(separator: "\n").map {
                    $0.split(separator: " ").joined(separator: " ")
                }
                #expect(lines.contains("flow of start, seed 1 running on n3 as 101, starting"), "\(list.out)")
                #expect(lines.contains("start, seed 1 queued as 102, after flow of start, seed 1"))
                #expect(lines.contains("tiny, seed 1 to do, after start, seed 1"))
                #expect(lines.contains("start, seed 2 failed: phase 2: diverged; try less"))
                let jobs = try #require(
                    try start(Self.submit + ["--list", "--json"], in: folder).json() as? [[String: Any]])
                #expect(
                    jobs.count == 6 && jobs[0]["job"] as? String == "101"
                        && jobs[5]["kind"] as? String == "table")
                #expect(jobs[2]["after"] as? [String] == [names[1]])
                #expect(
                    (jobs[2]["command"] as? [String])?.starts(with: ["fce", "train", "tiny.toml"]) == true)
                #expect(try calls(folder).count == 6)
            }
        }

        @Test func aDryRunIsAScriptThatSubmitsTheSame() throws {
            try TinyTable.withTable { folder in
                try writeSlurm(to: folder, isRunning: false)
                let dry = try start(Self.submit + ["--dry-run", "--sbatch", "--mem=1G"], in: folder)
                #expect(
                    dry.status == 0 && !exists("\(folder)/calls") && !exists("\(folder)/Runs")
                        && !exists("\(folder)/Results"), "\(dry.err)")
                try write(dry.out, to: "\(folder)/submit.sh")
                let ran = try Tool.shell("PATH='\(folder)/bin:'$PATH sh submit.sh", in: folder)
                #expect(ran.status == 0, "\(ran.err)")
                let byHand = try calls(folder)
                let scripts = try (101...106).map { try TinyTable.text("\(folder)/script-\($0)") }
                for file in ["calls", "last"] {
                    try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
                }
                try #require(try start(Self.submit + ["--sbatch", "--mem=1G"], in: folder).status == 0)
                #expect(try calls(folder) == byHand)
                #expect(try (101...106).map { try TinyTable.text("\(folder)/script-\($0)") } == scripts)
            }
        }

        @Test func aWorkingFolderThatIsGoneIsNoCrash() throws {
            try TinyTable.withTable { folder in
                let command = "$FCE reproduce '\(folder)/table.toml' --slurm --dry-run"
                let output = try Tool.shell(
                    "mkdir gone && cd gone && rmdir ../gone && \(command)", in: folder)
                #expect(output.status < 128, "\(output.err)")
            }
        }

        @Test func whatIsWrongIsSaidInOneLine() throws {
            try TinyTable.withTable { folder in
                let missing = try Tool.start(
                    Self.submit, in: folder, environment: ["PATH": "/nowhere:/usr/bin-not"]
                ).finish()
                #expect(missing.status == 66, "\(missing.err)")
                try writeSlurm(to: folder, isRunning: false)
                try write("", to: "\(folder)/refuse")
                let refused = try start(Self.submit, in: folder)
                #expect(
                    refused.status == 69
                        && refused.err.contains("sbatch refuses: sbatch: error: Invalid account"))
                let named = try start(Self.submit + ["--sbatch", "--job-name=x"], in: folder)
                #expect(named.status == 78 && named.err.contains("--job-name is set for every job"))
                let alone = try start(["reproduce", "table.toml", "--dry-run"], in: folder)
                #expect(alone.status == 64 && alone.err.contains("belong to --slurm"))
            }
        }

        @Test func aRunPausesAfterAPhase() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                let train = ["train", "tiny.toml", "--threads", "2", "--resume"]
                for phase in ["1", "1", "2"] {
                    let part = try Tool.start(train + ["--until-phase", phase], in: folder).finish()
                    #expect(part.status == 0 && part.err.contains("phase \(phase) has ended"), "\(part.err)")
                    #expect(!exists("\(folder)/Runs/tiny/seed-1/result.json"))
                }
                #expect(RunFiles(path: "\(folder)/Runs/tiny/seed-1").progress()?.end == "")
                try #require(try Tool.start(train + ["--until-phase", "9"], in: folder).finish().status == 0)
                let numbers = try RunNumbers("\(folder)/Runs/tiny/seed-1")
                #expect(numbers.differences(from: try RunNumbers(TinyRun.path)) == [])
            }
        }
    }
}
