import Foundation
import System
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// Cells of the small recipe's first phases: 1 the flow, 2 FCE-init, 3 FCE; 0 is supervised.
private func plan(
    _ cells: [(phases: Int, seed: Int)], begun: [Int: Int] = [:], done: Set<Int> = []
) throws -> JobPlan {
    let made = try cells.map { phases, seed in
        var recipe = try Recipe.parse(smallRecipe, file: "t/r\(phases).toml")
        (recipe.seed, recipe.phases) = (seed, Array(recipe.phases.prefix(phases)))
        if phases == 0 { recipe.phases = [PlannedPhase(SupervisedPhase.Settings())] }
        return TableCell(
            recipe: recipe, file: "t/r\(phases).toml", run: RunFiles(path: "Runs/r\(phases)/seed-\(seed)"),
            record: "Results/r\(phases)-seed-\(seed).json")
    }
    let facts = cells.indices.map { index in
        var facts = CellFacts()
        (facts.phase, facts.step) = (begun[index], begun[index].map { _ in 5 })
        (facts.isFinished, facts.canBeContinued) = (done.contains(index), done.contains(index))
        return facts
    }
    return JobPlan(made, facts: facts, flows: cells.map { $0.phases == 0 ? nil : "F/flow" })
}

private func table() throws -> TableCells {
    try withScratch { folder in
        try write(smallRecipe, to: "\(folder)/a.toml")
        try write(
            "title = \"T\"\nrecipes = [\"a.toml\"]\nresults = \"Results/T\"\n", to: "\(folder)/table-t.toml")
        var options = TableOptions()
        options.precision = .float32
        return try TableCells(TableFile.load("\(folder)/table-t.toml"), options)
    }
}

private func slurm(_ plan: JobPlan, flowIsKept: Bool = false) throws -> SlurmPlan {
    SlurmPlan(plan, try table()) { _ in flowIsKept }
}

@Suite("Plans for Slurm") struct SlurmPlanTests {
    @Test("The shared flow comes first, continuations follow their cells, the table comes last")
    func order() throws {
        let jobs = try slurm(try plan([(3, 1), (2, 1), (2, 2), (0, 1)])).jobs
        #expect(jobs.map(\.work) == [.flow(cell: 1), .cell(1), .cell(0), .cell(2), .cell(3), .table])
        #expect(jobs.map(\.after) == [[], [0], [1], [0], [], [0, 1, 2, 3, 4]])
        #expect(jobs[2].needed == ["Runs/r2/seed-1/result.json"] && jobs[3].needed == ["F/flow"])
        #expect(jobs[2].command.contains("--from") && jobs[2].command.contains("Runs/r2/seed-1"))
        #expect(jobs[0].command.suffix(2) == ["--until-phase", "1"])
        #expect(jobs[0].command.starts(with: ["train", "t/r2.toml", "--seed", "1", "--resume"]))
        #expect(jobs[3].command.suffix(2) == ["--precision", "float32"])
        #expect(jobs[5].command.starts(with: ["reproduce"]) && jobs[5].command.contains("--table-only"))
        #expect(Set(jobs.map(\.name)).count == jobs.count && jobs.allSatisfy { $0.name.hasPrefix("fce:") })
    }

    @Test("A flow is a job of its own where several cells lack it, and only there")
    func flows() throws {
        let cells = [(phases: 2, seed: 1), (phases: 2, seed: 2)]
        #expect(
            try slurm(try plan(cells), flowIsKept: true).jobs.map(\.work) == [.cell(0), .cell(1), .table])
        #expect(try slurm(try plan(cells, done: [0])).jobs.map(\.work) == [.cell(1), .table])
        // Who has begun the flow ends it, and does not wait for another who has begun it as well.
        let begun = try slurm(try plan(cells + [(2, 3)], begun: [1: 0, 2: 0])).jobs
        #expect(begun.map(\.work) == [.flow(cell: 1), .cell(0), .cell(1), .cell(2), .table])
        #expect(begun.map(\.after) == [[], [0], [0], [], [0, 1, 2, 3]])
    }

    @Test("Nothing is left of a table whose cells are done")
    func done() throws {
        #expect(try slurm(try plan([(2, 1), (0, 1)], done: [0, 1])).jobs.isEmpty)
        // What is done is not waited for.
        let jobs = try slurm(try plan([(2, 1), (3, 1)], done: [0])).jobs
        #expect(jobs.map(\.work) == [.cell(1), .table] && jobs[0].after.isEmpty && jobs[0].needed.isEmpty)
        #expect(jobs[0].command.contains("--from"))
    }

    @Test("A job has the name of its place, whatever path leads there")
    func names() throws {
        try withScratch { folder in
            let before = SlurmPlan.name("\(folder)/Runs/a")
            try Files.makeFolder("\(folder)/Runs/a")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/link", withDestinationPath: "\(folder)/Runs")
            #expect(SlurmPlan.name("\(folder)/Runs/a") == before)
            #expect(SlurmPlan.name("\(folder)/link/./a") == before)
            #expect(SlurmPlan.name("\(folder)/link/b") != before)
        }
    }
}

@Suite("Calls of sbatch") struct SlurmCallTests {
    @Test("The user's options come before what must hold")
    func call() throws {
        let jobs = try slurm(try plan([(2, 1), (3, 1)])).jobs
        var settings = SlurmSettings()
        (settings.folder, settings.threads) = ("/home/me", 8)
        try settings.add(options: "--time=8:00:00  --mem=8G")
        let call = settings.call(jobs[1], after: ["7", "9"])
        #expect(
            call.prefix(5) == ["sbatch", "--parsable", "--cpus-per-task=8", "--time=8:00:00", "--mem=8G"])
        #expect(call.contains("--dependency=afterok:7:9,singleton") && call.contains("--chdir=/home/me"))
        #expect(call.contains("--job-name=\(jobs[1].name)") && call.contains("--comment=\(jobs[1].label)"))
        #expect(settings.call(jobs[0], after: []).contains("--dependency=singleton"))
        #expect(settings.call(jobs[2], after: ["3"]).contains("--dependency=afterany:3,singleton"))
    }

    @Test(
        "What jobs are known by is not the user's to set",
        arguments: [
            "-J x", "--job-name=x", "-Jx", "--mem=1G -d afterok:1", "--array=0-3", "--output=x",
            "--no-requeue",
        ])
    func refused(options: String) {
        var settings = SlurmSettings()
        #expect(userError { () throws(UserError) in try settings.add(options: options) }?.kind == .recipe)
        #expect(settings.options.isEmpty)
    }

    @Test(
        "Options that begin alike are the user's",
        arguments: ["--distribution=block", "--account=x", "-p main", "="])
    func allowed(options: String) throws {
        var settings = SlurmSettings()
        try settings.add(options: options)
        #expect(settings.options == options.split(separator: " ").map(String.init))
    }

    @Test("The queue is read line by line; what is over but for its end is not in it")
    func queue() throws {
        let jobs = try slurm(try plan([(2, 1), (2, 2)], done: [])).jobs
        let queue = SlurmQueue(
            """
            12|PENDING||Dependency|\(jobs[1].name)
            13|PENDING||Priority|\(jobs[1].name)
            11|RUNNING|n3|None|\(jobs[0].name)
            14|COMPLETING|n3|None|\(jobs[2].name)
            nonsense
            """)
        #expect(queue[jobs[0]] == .init(id: "11", state: "RUNNING", nodes: "n3", reason: "None"))
        #expect(queue[jobs[1]]?.id == "12" && queue[jobs[2]] == nil)
    }

    @Test("States come from the queue and from the files")
    func states() throws {
        let plan = try plan([(2, 1), (2, 2), (3, 2), (0, 1)], begun: [3: 0])
        let slurm = try slurm(plan)
        let queue = SlurmQueue(
            """
            11|RUNNING|n3|None|\(slurm.jobs[0].name)
            12|PENDING||Dependency|\(slurm.jobs[1].name)
            13|PENDING||Resources|\(slurm.jobs[2].name)
            15|SUSPENDED|n4|None|\(slurm.jobs[5].name)
            """)
        let states = slurm.states(plan, queue)
        #expect(
            states.map(\.state) == [
                "running on n3 as 11, starting", "queued as 12, after flow of t/r2, seed 1",
                "queued as 13, Resources", "to do, after t/r2, seed 2", "stopped: phase 1, step 5",
                "suspended as 15",
            ])
        #expect(states.map(\.kind) == ["flow", "cell", "cell", "cell", "cell", "table"])
        #expect(states[3].after == [slurm.jobs[2].name] && states[3].job == nil && states[2].job == "13")
    }
}

/// Runs `body` with no signal blocked in this thread.
private func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
}

/// The script with programs in place of `fce` and Slurm's, which write down what they are asked.
@Suite("The script of a job") struct SlurmScriptTests {
    /// - Parameters:
    ///   - fce: a script of the shell, with `$out` the folder.
    ///   - squeue: the state that it prints.
    ///   - programs: others that the script finds in place of the system's.
    ///   - signals: sent one after the other to the script, or to its process group, once the file `ready` is there.
    private func run(
        fce: String, squeue: String = "RUNNING", restarts: String = "0", needed: [String] = [],
        programs: [String: String] = [:], signals: [(number: Int32, toAll: Bool)] = [],
        _ check: (Int32, String, String) -> Void
    ) throws {
        try withScratch { folder in
            func program(_ name: String, _ text: String) throws {
                try write("#!/bin/bash\nout='\(folder)'\n\(text)\n", to: "\(folder)/\(name)")
                chmod("\(folder)/\(name)", 0o755)
            }
            try program("fce", fce)
            for (name, text) in programs { try program(name, text) }
            try program("squeue", "echo \(squeue)")
            // The real one ends the script; here it must not sleep.
            try program("scontrol", "echo \"$@\" >>$out/asked; exit 1")
            var settings = SlurmSettings()
            settings.program = "\(folder)/fce"
            let job = SlurmPlan.Job(
                work: .cell(0), label: "a, seed 1", name: "fce:1", command: ["train", "a b.toml"],
                log: "log", after: [], needed: needed.map { "\(folder)/\($0)" })
            try write(job.script(settings), to: "\(folder)/script")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
            process.arguments = ["--wait", "bash", "\(folder)/script"]
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            process.environment = [
                "PATH": "\(folder):\(path)", "SLURM_JOB_ID": "77", "SLURM_RESTART_COUNT": restarts,
                "SLURM_CPUS_PER_TASK": "3",
            ]
            let output = Pipe()
            (process.standardOutput, process.standardError) = (output, output)
            // Dispatch's threads block signals, which children inherit.
            try withSignalsUnblocked(process.run)
            for signal in signals {
                while process.isRunning, !Files.exists("\(folder)/ready") { usleep(1000) }
                let text = String(decoding: try Files.read("\(folder)/ready"), as: UTF8.self)
                let shell = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
                kill(signal.toAll ? -shell : shell, signal.number)
            }
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let asked = Files.contents("\(folder)/asked").map { String(decoding: $0, as: UTF8.self) } ?? ""
            check(process.terminationStatus, text, asked)
        }
    }

    /// Trains until it is told to stop, and says how often.
    private static let worker = """
        count=0
        trap 'count=$((count + 1)); sleep 0.1; echo "$count signals"; exit 143' TERM
        echo $PPID >$out/ready.new; mv $out/ready.new $out/ready
        for _ in $(seq 600); do sleep 0.05; done
        """

    @Test func theScriptIsOneOfBash() throws {
        try run(fce: "echo \"$@\"") { status, text, asked in
            #expect(status == 0 && asked.isEmpty, "\(text)")
            #expect(text.hasPrefix("train a b.toml --threads 3\n"))
            #expect(text.contains("job 77 on ") && text.hasSuffix("fce ended with 0\n"))
        }
    }

    @Test("Before the time limit the worker is told once, and the job goes back into the queue")
    func timeLimit() throws {
        try run(fce: Self.worker, signals: [(SIGUSR1, false)]) { status, text, asked in
            #expect(text.hasPrefix("1 signals\n") && status == 143, "\(text)")
            #expect(asked == "requeue 77\n")
        }
    }

    @Test(
        "A cancelled job stays out of the queue, a preempted one goes back",
        arguments: ["COMPLETING", "RUNNING"])
    func signalToAll(state: String) throws {
        try run(fce: Self.worker, squeue: state, signals: [(SIGTERM, true)]) { status, text, asked in
            #expect(text.contains("1 signals\n") && status == 143, "\(text)")
            #expect(asked == (state == "RUNNING" ? "requeue 77\n" : ""))
        }
    }

    @Test("A run directory that another process holds is tried again, any other failure is not")
    func failures() throws {
        for (code, isRequeued) in [(75, true), (70, false), (143, false), (137, false)] {
            try run(fce: "exit \(code)") { status, text, asked in
                #expect(status == Int32(code) && asked.isEmpty != isRequeued, "\(text)")
                #expect(text.contains("fce ended with \(code)"))
            }
        }
    }

    @Test("A job does not go back into the queue for ever", arguments: ["99", "100"])
    func bound(restarts: String) throws {
        try run(fce: "exit 75", restarts: restarts) { _, text, asked in
            #expect(asked.isEmpty == (restarts == "100"))
            #expect(text.contains("it was requeued 100 times") == (restarts == "100"))
        }
    }

    @Test("What another job leaves may show late, and is missed in the end", arguments: [true, false])
    func late(comes: Bool) throws {
        let programs = ["sleep": "exit 0", "ls": comes ? "touch $out/late" : "exit 0"]
        try run(fce: "echo started", needed: ["late"], programs: programs) { status, text, _ in
            #expect(status == (comes ? 0 : 66) && text.contains("started") == comes, "\(text)")
            #expect(text.contains("/late: is not there") != comes)
        }
    }
}
