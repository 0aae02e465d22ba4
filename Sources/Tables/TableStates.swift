import Foundation
import Runs
import System
import Training

/// What is left to do for a table, from what is on disk.
extension TableCells {
    /// The jobs of the table's cells, of which some are done.
    /// - Throws: `UserError` where a result or a run on disk is not of its cell; see ``CellFacts``.
    public func plan(_ data: DataIdentity?) throws -> JobPlan {
        try plan(data, facts: try cells.map { try CellFacts($0, data: data) })
    }

    private func plan(_ data: DataIdentity?, facts: [CellFacts]) throws -> JobPlan {
        let flows = try cells.map { cell in
            // Without the data nobody knows the flow's name; its settings tell flows apart as well.
            try (data ?? DataIdentity(sha256: "", splitRule: "")).flowPath(cell.recipe, options)
        }
        return JobPlan(cells, facts: facts, flows: flows)
    }

    /// The jobs of all cells as if nothing were on disk.
    package func untouchedPlan() throws -> JobPlan { try plan(nil, facts: cells.map { _ in CellFacts() }) }

    /// A cell as `--list` shows it.
    public struct State: Sendable, Equatable, Encodable {
        public let recipe: String
        public let seed: Int
        /// What is done, and what the cell waits for.
        public let state: String
    }

    /// Every cell with its state; what stands in the way of training it is part of that.
    public func states(_ data: DataIdentity?) throws -> [State] {
        var obstacles: [Int: String] = [:]
        let facts = cells.enumerated().map { index, cell -> CellFacts in
            do {
                return try CellFacts(cell, data: data)
            } catch {
                obstacles[index] = "refused: \(error)"
                return CellFacts()
            }
        }
        let plan = try plan(data, facts: facts)
        return plan.jobs.enumerated().map { index, job in
            let state =
                obstacles[index] ?? plan.state(of: index) { Files.exists($0) }
            return State(recipe: job.cell.recipe.name, seed: job.cell.seed, state: state)
        }
    }
}

extension JobPlan {
    /// `done: …`, `started: …` or `to do`, and what the job waits for.
    package func state(of index: Int, flowIsKept: (String) -> Bool) -> String {
        let job = jobs[index]
        if job.facts.isRecorded { return "done: \(job.cell.record)" }
        if job.facts.isFinished { return "done: \(job.cell.run.path)" }
        var parts = ["to do"]
        if let phase = job.facts.phase, let step = job.facts.step {
            parts = ["started: phase \(phase + 1), step \(step)"]
        }
        if let origin = job.origin {
            parts.append((jobs[origin].facts.isDone ? "continues " : "after ") + jobs[origin].cell.label)
        }
        if let flow = job.flow {
            let first = trainer(of: flow) ?? index
            let isKept = flowIsKept(flow)
            parts.append(
                isKept
                    ? "its flow is there"
                    : first == index ? "trains its flow" : "after the flow of \(jobs[first].cell.label)")
        }
        return parts.joined(separator: ", ")
    }
}
