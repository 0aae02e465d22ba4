import Foundation
import Runs
import System
import Training

/// Shows the jobs of a table until Slurm has none of them. They go on without it.
public struct SlurmWait {
    private let plan: SlurmPlan
    private let cells: JobPlan
    private let display: JobDisplay
    /// Seconds between two looks at the queue.
    private let interval: Double
    /// Seconds until a file of another node shows, at most.
    private let patience: Double

    public init(
        _ plan: SlurmPlan, _ cells: JobPlan, display: JobDisplay, interval: Double = 5, patience: Double = 60
    ) {
        (self.plan, self.cells, self.display) = (plan, cells, display)
        (self.interval, self.patience) = (interval, patience)
    }

    /// - Throws: `Interrupted` after a signal; the jobs go on.
    public func run() throws {
        defer { display.end() }
        var active = Set(plan.jobs.map(\.name))
        while !active.isEmpty {
            // A controller that does not answer now answers later.
            if let queue = try? SlurmQueue() {
                let now = plan.jobs.filter { queue[$0] != nil }
                for job in plan.jobs where active.contains(job.name) && queue[job] == nil { tell(job) }
                active = Set(now.map(\.name))
                display.show { lines(now, queue) }
            }
            if !active.isEmpty { try pause(interval) }
        }
        let deadline = SystemCall.seconds + patience
        while plan.jobs.contains(where: isUnclear), SystemCall.seconds < deadline { try pause(1) }
    }

    private func pause(_ seconds: Double) throws {
        let end = SystemCall.seconds + seconds
        while SystemCall.seconds < end {
            if Interruption.isRequested { throw Interrupted() }
            usleep(50_000)
        }
    }

    private func tell(_ job: SlurmPlan.Job) {
        if let failure = job.failure {
            display.warn("\(job.label): failed: \(failure)")
        } else {
            display.note("\(job.label): has left the queue")
        }
    }

    /// Whether a cell's log says that it has ended well, and its result does not show yet.
    private func isUnclear(_ job: SlurmPlan.Job) -> Bool {
        guard case .cell(let index) = job.work, job.failure == nil else { return false }
        let run = cells.jobs[index].cell.run
        // Listing a folder of a network makes the system look again.
        _ = try? Files.list(run.path)
        return !run.exists("result.json")
            && WorkerLog.lines(of: job.log).last?.hasSuffix("fce ended with 0") == true
    }

    private func lines(_ jobs: [SlurmPlan.Job], _ queue: SlurmQueue) -> [String] {
        let states = plan.states(cells, queue)
        let width = jobs.map { TerminalText.width($0.label) }.max() ?? 0
        let own = zip(plan.jobs, states).filter { job, _ in queue[job] != nil && job.work != .table }
            .map { TerminalText.padded($0.label, to: width + 2) + $1.state }
        let running = jobs.count { queue[$0]?.state == "RUNNING" }
        return own + ["\(jobs.count) jobs left, \(running) running; Ctrl-C leaves them to Slurm"]
    }
}
