import ArgumentParser
import Costs
import Runs
import System
import Tables
import Tensors
import Training

/// `fce reproduce` on this machine: cells are trained by worker processes.
extension Reproduce {
    func train(_ plan: ReproductionPlan) throws -> [JobQueue.Status] {
        let display = JobDisplay(quiet: output.quiet)
        let (jobs, data) = try plan.isTemporary ? plan.jobs() : Interruption.endingAtOnce(plan.jobs)
        // Before hours of training: a folder that cannot be made is said now.
        try plan.cells.makeResultsFolder()
        let total = threads ?? Device.standard.availableProcessors
        let each = max(1, total / self.jobs)
        let count = jobs.jobs.count
        display.note(
            "\(plan.cells.title): \(jobs.doneCount) of \(count) cells done, \(self.jobs) "
                + "worker\(self.jobs == 1 ? "" : "s") of \(each) thread\(each == 1 ? "" : "s")")
        let runner = JobRunner(
            jobs, plan.cells, slots: self.jobs, threads: each,
            costs: try costs(jobs, data, threads: each, display), display: display)
        do {
            try runner.run()
        } catch is Interrupted {
            let command = shellQuoted(Console.arguments)
            Console.error(plan.isTemporary ? "interrupted" : "interrupted; continue with: \(command)")
            throw ExitCode(Interruption.exitCode ?? ExitCode.failure.rawValue)
        }
        return runner.queue.statuses
    }

    /// What the recipes that are left are predicted to take; nothing where that is not worth a measurement.
    private func costs(
        _ jobs: JobPlan, _ data: DataIdentity, threads: Int, _ display: JobDisplay
    ) throws -> [String: RunCost] {
        let left = jobs.jobs.filter { !$0.facts.isDone }.map(\.cell.recipe)
        guard !output.quiet, !smoke, CostEstimator.isWorthwhile(left) else { return [:] }
        let estimator = CostEstimator(threads: threads) {
            display.note("measuring how long this will take")
        }
        var recipes: [Recipe] = []
        for recipe in left where !recipes.contains(where: { $0.name == recipe.name }) {
            recipes.append(recipe)
        }
        return try estimator.costs(of: recipes, data.size)
    }

    /// What to say once more when all is over.
    func failures(_ plan: ReproductionPlan, _ statuses: [JobQueue.Status]) -> [String] {
        zip(plan.cells.cells, statuses).compactMap { cell, status in
            switch status {
            case .failed(let reason): "\(cell.label) failed: \(reason)"
            case .skipped(let reason): "\(cell.label) skipped: \(reason)"
            case .waiting, .running, .done: nil
            }
        }
    }
}
