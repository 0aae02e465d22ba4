import Foundation
import Runs
import System
import Training

/// A job of a table as its files and the queue show it.
public struct SlurmState: Sendable, Equatable, Encodable {
    /// `flow`, `cell` or `table`.
    public let kind: String
    /// The cell, and nothing for the table.
    public let recipe: String?
    public let seed: Int?
    /// What is done, what it does, or what it waits for.
    public let state: String
    /// Its name in Slurm, and its number while it is in the queue.
    public let name: String
    public let job: String?
    /// The names of the jobs that it waits for; of the table, all of them.
    public let after: [String]
    /// The words of `fce`, without `--threads`.
    public let command: [String]
    public let log: String
}

extension SlurmPlan {
    /// What the jobs are doing: files say how far a run is, the queue which of them Slurm has.
    public func states(_ plan: JobPlan, _ queue: SlurmQueue) -> [SlurmState] {
        jobs.map { job in
            let cell = job.work.cell.map { plan.jobs[$0].cell }
            return SlurmState(
                kind: job.work.kind, recipe: cell?.recipe.name, seed: cell?.seed,
                state: state(job, plan, queue),
                name: job.name, job: queue[job]?.id, after: job.after.map { jobs[$0].name },
                command: ["fce"] + job.command, log: job.log)
        }
    }

    private func state(_ job: Job, _ plan: JobPlan, _ queue: SlurmQueue) -> String {
        guard let entry = queue[job] else {
            if let reason = job.failure { return "failed: \(reason)" }
            let facts = job.work.cell.map { plan.jobs[$0].facts }
            let start = facts.flatMap { facts in
                facts.phase.map { "stopped: phase \($0 + 1), step \(facts.step ?? 0)" }
            }
            return ([start ?? "to do"] + waiting(job)).joined(separator: ", ")
        }
        switch entry.state {
        case "RUNNING":
            let progress = job.work.cell.flatMap { plan.jobs[$0].cell.run.progress() }
            let line = progress.flatMap { $0.job == entry.id ? $0.line : nil } ?? "starting"
            return "running on \(entry.nodes) as \(entry.id), " + line
        case "PENDING":
            let others = waiting(job)
            let reason = entry.reason == "Dependency" && !others.isEmpty ? others : [entry.reason]
            return (["queued as \(entry.id)"] + reason).joined(separator: ", ")
        default: return "\(entry.state.lowercased()) as \(entry.id)"
        }
    }

    /// The jobs that this one waits for; none for the table, which waits for all.
    private func waiting(_ job: Job) -> [String] {
        job.work == .table ? [] : job.after.map { "after \(jobs[$0].label)" }
    }
}

extension SlurmPlan.Job {
    /// Why the job's last attempt has failed, by its log; nil where it has not, or was stopped after a checkpoint.
    package var failure: String? {
        let lines = WorkerLog.lines(of: log).reversed()
        let ending = "fce ended with "
        guard let last = lines.first(where: { $0.contains(ending) }),
            let code = last.split(separator: " ").last.flatMap({ Int32($0) }),
            ![0, 75, 129, 130, 143].contains(code)
        else { return nil }
        return WorkerLog(log, from: 0).reason(of: code > 128 ? .killed(signal: code - 128) : .exited(code))
    }
}

extension SlurmPlan.Job.Work {
    /// The place of the cell that the job trains.
    package var cell: Int? {
        switch self {
        case .flow(let cell), .cell(let cell): cell
        case .table: nil
        }
    }

    fileprivate var kind: String {
        switch self {
        case .flow: "flow"
        case .cell: "cell"
        case .table: "table"
        }
    }
}
