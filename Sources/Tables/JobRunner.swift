import Costs
import Foundation
import Runs
import Scores
import System
import Training

/// Trains the cells of a table in worker processes, several at a time.
///
/// Workers are `fce train --resume` on a run directory each, so that whatever is killed, this process or a worker,
/// goes on from its last checkpoint when the command is repeated.
public final class JobRunner {
    /// A cell in work.
    private enum Work {
        /// `start` is where this worker's output begins in the log.
        case training(WorkerProcess, start: Int)
        /// Another process holds the run directory; it was looked at last at `checked`.
        case waiting(checked: Double)
    }

    public private(set) var queue: JobQueue
    private let options: TableOptions
    private let flowPerSeed: Bool
    private let slots: Int
    private let threads: Int
    private let display: JobDisplay
    private var work: [Int: Work] = [:]
    private var estimate: JobEstimate

    /// - Parameters:
    ///   - plan: which jobs there are and what each waits for.
    ///   - cells: the table's.
    ///   - slots: workers at a time.
    ///   - threads: of each worker.
    ///   - costs: what is predicted of recipes, by their names.
    ///   - display: shows how the jobs stand.
    public init(
        _ plan: JobPlan, _ cells: TableCells, slots: Int, threads: Int, costs: [String: RunCost] = [:],
        display: JobDisplay
    ) {
        estimate = JobEstimate(costs)
        queue = JobQueue(plan)
        options = cells.options
        flowPerSeed = cells.table.flowPerSeed
        self.slots = slots
        self.threads = threads
        self.display = display
        for job in plan.jobs where job.facts.isDone {
            let path = job.facts.isRecorded ? job.cell.record : job.cell.run.file("result.json")
            if let result = try? RunFiles.result(at: path) { estimate.learn(result) }
        }
    }

    /// Trains until every cell is done, has failed or is skipped.
    /// - Throws: `Interrupted` after a signal; every worker has then ended.
    public func run() throws {
        recordFinished()
        while !queue.isOver {
            if Interruption.isRequested { break }
            fill()
            for index in queue.running { check(index) }
            display.show(lines)
            usleep(50_000)
        }
        if !work.isEmpty { stop() }
        display.end()
        if Interruption.isRequested && !queue.isOver { throw Interrupted() }
    }

    // MARK: Steps

    private func fill() {
        while work.count < slots {
            let before = queue.statuses
            let next = queue.start(flowIsKept: flowIsKept)
            for (index, status) in queue.statuses.enumerated() where status != before[index] {
                if case .skipped(let reason) = status { display.warn("\(label(index)): skipped, \(reason)") }
            }
            guard let next else { return }
            begin(next)
        }
    }

    private func begin(_ index: Int) {
        let cell = queue.plan.jobs[index].cell
        let lock = cell.run.file("lock")
        guard !RunLock.isHeld(lock) else {
            display.warn(
                "\(label(index)): process \(RunLock.holder(of: lock)) trains it already; waiting until that ends"
            )
            work[index] = .waiting(checked: SystemCall.seconds)
            return
        }
        do {
            work[index] = try start(index)
            display.note("\(label(index)): training in \(cell.run.path)")
        } catch {
            fail(index, "\(error)")
        }
    }

    private func start(_ index: Int) throws -> Work {
        let job = queue.plan.jobs[index]
        let (run, log) = (job.cell.run, job.cell.log)
        try Files.makeFolder(run.path, advice: "choose another --runs")
        let size = Files.contents(log)?.count ?? 0
        let origin = job.origin.map { queue.plan.jobs[$0].cell.run.path }
        let words = job.cell.arguments(options, flowPerSeed: flowPerSeed, origin: origin)
        let worker = try WorkerProcess(
            words + ["--threads", String(threads), "--parent", String(getpid())], log: log)
        return .training(worker, start: size)
    }

    private func check(_ index: Int) {
        switch work[index] {
        case .training(let worker, let start):
            if let end = worker.poll() { ended(index, end, start) }
        case .waiting(let checked):
            guard SystemCall.seconds - checked >= 1 else { return }
            work[index] = .waiting(checked: SystemCall.seconds)
            let lock = queue.plan.jobs[index].cell.run.file("lock")
            if !RunLock.isHeld(lock) { begin(index) }
        case nil: break
        }
    }

    private func ended(_ index: Int, _ end: WorkerProcess.End, _ start: Int) {
        let cell = queue.plan.jobs[index].cell
        switch end {
        case .exited(0):
            do {
                let result = try cell.recordResult()
                estimate.learn(result)
                queue.finish(index)
                work[index] = nil
                display.note("\(label(index)): done\(Self.summary(result)) (\(count) cells)")
            } catch {
                fail(index, "\(error)")
            }
        case .exited(UserError.Kind.busy.rawValue):
            work[index] = .waiting(checked: SystemCall.seconds)
            display.warn("\(label(index)): another process trains it already; waiting until that ends")
        default: fail(index, WorkerLog(cell.log, from: start).reason(of: end))
        }
    }

    private func fail(_ index: Int, _ reason: String) {
        work[index] = nil
        queue.fail(index, reason)
        display.warn("\(label(index)): failed: \(reason)")
    }

    /// Makes every worker write a checkpoint and end.
    private func stop() {
        display.note("stopping: the workers write checkpoints")
        for case .training(let worker, _) in work.values { worker.send(SIGTERM) }
        while !work.isEmpty {
            for (index, item) in work {
                guard case .training(let worker, let start) = item else {
                    work[index] = nil
                    continue
                }
                guard let end = worker.poll() else { continue }
                if end == .exited(0) { ended(index, end, start) }
                work[index] = nil
            }
            usleep(20_000)
        }
    }

    /// Commits the results of runs that were finished already.
    private func recordFinished() {
        for (index, job) in queue.plan.jobs.enumerated() where job.facts.isFinished && !job.facts.isRecorded {
            do { _ = try job.cell.recordResult() } catch { fail(index, "\(error)") }
        }
    }

    private func flowIsKept(_ path: String) -> Bool { Files.exists(path) }

    // MARK: Words

    private func label(_ index: Int) -> String { queue.plan.jobs[index].cell.label }

    private var count: String { "\(queue.statuses.count { $0 == .done }) of \(queue.statuses.count)" }

    private static func summary(_ result: RunResult) -> String {
        result.scores[.testError].map { ", test error " + percentText($0) } ?? ""
    }

    /// One line a cell in work, and one for the whole.
    private func lines() -> [String] {
        let running = queue.running
        let width = running.map { TerminalText.width(label($0)) }.max() ?? 0
        let own = running.map { index in
            TerminalText.padded(label(index), to: width + 2) + state(index)
        }
        let rest = estimate.rest(
            of: queue, slots: slots, progress: progress, flowIsKept: flowIsKept)
        let failed = queue.statuses.count { if case .failed = $0 { true } else { false } }
        let failures = failed > 0 ? ", \(failed) failed" : ""
        return own + [
            "\(count) cells done, \(running.count) running\(failures)  ETA of the rest \(rest.text)"
        ]
    }

    private func state(_ index: Int) -> String {
        let isTrained = queue.plan.jobs[index].cell.run.exists("result.json")
        let line = progress(index)?.line ?? (isTrained ? "writing its report" : "starting")
        if case .waiting = work[index] { return "in another process: \(line)" }
        return line
    }

    /// Progress of the process that trains the cell; nil while it has not reported any.
    private func progress(_ index: Int) -> RunProgress? {
        guard let progress = queue.plan.jobs[index].cell.run.progress() else { return nil }
        guard case .training(let worker, _) = work[index] else { return progress }
        return progress.process == worker.id ? progress : nil
    }
}
