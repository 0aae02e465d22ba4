import ArgumentParser
import Foundation
import Runs
import System
import Tables
import Tensors
import Training

/// `fce reproduce --slurm`: the same plan of cells, given to Slurm.
extension Reproduce {
    func runOnSlurm() throws {
        let settings = try cluster.settings(threads: threads)
        var plan = try ReproductionPlan(self)
        try plan.pinPrecision()
        // Before the files: a job that ends in between is seen in one of the two.
        let queue = cluster.dryRun ? nil : try SlurmQueue()
        let (jobs, _) = try Interruption.endingAtOnce(plan.jobs)
        let slurm = SlurmPlan(jobs, plan.cells) { Files.exists($0) }
        if cluster.dryRun { return try dryRun(slurm, jobs, settings) }
        if let queue, list { return try showList(slurm, jobs, queue) }
        try plan.recordFinished(jobs)
        guard let queue, !slurm.jobs.isEmpty else { return try printTable(plan) }
        try submit(slurm, jobs, queue, settings, plan)
        guard cluster.wait else { return }
        try wait(slurm, jobs, plan)
    }

    private func dryRun(_ slurm: SlurmPlan, _ jobs: JobPlan, _ settings: SlurmSettings) throws {
        if json { return try Console.printJSON(slurm.states(jobs, SlurmQueue.empty)) }
        print(slurm.shellScript(settings), terminator: "")
    }

    /// The open jobs, and the cells that are done.
    private func showList(_ slurm: SlurmPlan, _ jobs: JobPlan, _ queue: SlurmQueue) throws {
        let states = slurm.states(jobs, queue)
        if json { return try Console.printJSON(states) }
        let done = jobs.jobs.filter(\.facts.isDone).map { job in
            [job.cell.label, "done: \(job.facts.isRecorded ? job.cell.record : job.cell.run.path)"]
        }
        let open = zip(slurm.jobs, states).map { [$0.label, $1.state] }
        Console.printTable(["job", "state"], done + open, left: [0, 1])
    }

    private func submit(
        _ slurm: SlurmPlan, _ jobs: JobPlan, _ queue: SlurmQueue, _ settings: SlurmSettings,
        _ plan: ReproductionPlan
    ) throws {
        let display = JobDisplay(quiet: output.quiet)
        let submission = try SlurmSubmission(slurm, queue, settings) { job in
            guard !json else { return }
            print("\(job.id)  \(job.job.label)\(job.isNew ? "" : ": submitted before")")
        }
        if json { return try Console.printJSON(slurm.states(jobs, try SlurmQueue())) }
        let new = submission.jobs.count(where: \.isNew)
        display.note(
            "\(plan.cells.title): \(jobs.doneCount) of \(jobs.jobs.count) cells done, \(new) jobs submitted; the table "
                + "will be \(plan.cells.results)/table.md")
    }

    private func wait(_ slurm: SlurmPlan, _ jobs: JobPlan, _ plan: ReproductionPlan) throws {
        do {
            try SlurmWait(slurm, jobs, display: JobDisplay(quiet: output.quiet)).run()
        } catch is Interrupted {
            Console.error("the jobs go on; see them with --list")
            throw ExitCode(Interruption.exitCode ?? ExitCode.failure.rawValue)
        }
        let (after, _) = try plan.jobs()
        try plan.recordFinished(after)
        let left = after.jobs.filter { !$0.facts.isDone }
        for job in left {
            let log = slurm.jobs.first { $0.label == job.cell.label }
            Console.error("\(job.cell.label) \(log?.failure.map { "failed: \($0)" } ?? "has no result")")
        }
        try printTable(plan)
        guard left.isEmpty else { throw incomplete(left.count, plan) }
    }
}
