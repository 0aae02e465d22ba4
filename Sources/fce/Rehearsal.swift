import ArgumentParser
import Costs
import Foundation
import Runs
import System
import Tables
import Tensors
import Training

extension Reproduce {
    /// `--rehearse`: what every phase of the table takes here, and the whole table.
    func rehearse(_ plan: ReproductionPlan) throws {
        let rehearsal = try TableRehearsal(plan.cells, threads: threads)
        if let name = rehearsedPhase { return try rehearsal.rehearse(name, threads: threads) }
        if !again { rehearsal.recall() }
        do {
            try rehearsal.run(workerArguments) { row in
                if !output.quiet { Console.error("rehearsing \(row.name), \(row.kind)") }
            } ended: { row in
                if let failure = row.failure { Console.error("\(row.name) failed: \(failure)") }
            }
        } catch is Interrupted {
            Console.error("interrupted; continue with: \(shellQuoted(Console.arguments))")
            throw ExitCode(Interruption.exitCode ?? ExitCode.failure.rawValue)
        }
        let predicted = try CostEstimator(threads: threads).costs(
            of: plan.cells.recipes, rehearsal.rows.first?.size)
        let report = try RehearsalReport(plan.cells.title, rehearsal, predicted)
        if json { try Console.printJSON(report) } else { report.print() }
        let failed = rehearsal.rows.count { $0.failure != nil }
        guard failed == 0 else {
            throw UserError(
                .incomplete, "\(failed) of \(rehearsal.rows.count) phases could not be rehearsed", at: table)
        }
    }

    /// The same command for one phase.
    private func workerArguments(_ phase: String) -> [String] {
        var arguments = ["reproduce", table, "--rehearse", "--rehearsed-phase", phase]
        if let threads { arguments += ["--threads", String(threads)] }
        if let data { arguments += ["--data", data] }
        for override in overrides { arguments += ["--set", override] }
        return arguments
    }
}

/// What `fce reproduce TABLE --rehearse` says.
struct RehearsalReport: Encodable {
    struct Phase: Encodable {
        /// Those that have the phase.
        let recipes: [String]
        /// From 1.
        let phase: Int
        let kind: String
        let steps, trainingImages, testImages: Int
        /// Milliseconds of an update; in a joint phase of one of the energy and one of the flow.
        let update, predictedUpdate: Double?
        let memoryMB, checkpointMB: Double?
        /// Initialisation, updates, tests and checkpoints of the whole phase.
        let days: Double?
        /// Processors that other programs used during the rehearsal, which it suffered from.
        let busyProcessors: Double?
        let failure: String?
    }

    struct Recipe: Encodable {
        let recipe: String
        /// Of one seed by itself.
        let days, predictedDays: Double?
    }

    let title: String
    let processor: String
    let threads: Int
    let precision: String
    let phases: [Phase]
    let recipes: [Recipe]
    /// Of all seeds, where flows and first phases are trained once; nil where a phase is missing.
    let days: Double?

    init(_ title: String, _ rehearsal: TableRehearsal, _ predicted: [String: RunCost]) throws {
        func days(_ time: ComputeTime?) -> Double? { time.map { $0.seconds / 86_400 } }
        let costs = rehearsal.costs
        self.title = title
        (processor, threads, precision) = rehearsal.machine
        phases = rehearsal.rows.map { row in
            let (own, guess) = (costs[row.recipe.name], predicted[row.recipe.name])
            func update(_ cost: RunCost?) -> Double? {
                cost?.phases[row.phase].training.map { 1000 * $0.seconds / Double(max(1, row.steps)) }
            }
            return Phase(
                recipes: row.recipes, phase: row.phase + 1, kind: row.kind, steps: row.steps,
                trainingImages: row.size.train, testImages: row.size.test,
                update: row.rehearsal.map { 1000 * $0.speed.both.seconds }, predictedUpdate: update(guess),
                memoryMB: row.rehearsal.map { 1e-6 * Double($0.peakBytes) },
                checkpointMB: row.rehearsal.map { 1e-6 * Double($0.checkpointBytes) },
                days: days(own?.phases[row.phase].time), busyProcessors: row.rehearsal?.busyProcessors,
                failure: row.failure)
        }
        recipes = rehearsal.recipes.map {
            Recipe(
                recipe: $0, days: days(costs[$0]?.total), predictedDays: days(predicted[$0]?.total))
        }
        let isWhole = rehearsal.rows.allSatisfy { $0.rehearsal != nil }
        self.days = isWhole ? days(try rehearsal.tableCost().total) : nil
    }

    private static let phaseTitles = [
        "phase", "recipes", "steps", "ms", "predicted", "MB", "checkpoint MB", "days", "",
    ]

    private var phaseRows: [[String]] {
        phases.map { phase in
            let others = phase.recipes.count - 1
            let remark =
                phase.failure ?? phase.busyProcessors.map { "others took \(fixed($0, 1, "processors"))" }
            return [
                "\(phase.phase) \(phase.kind)", phase.recipes[0] + (others > 0 ? " and \(others) more" : ""),
                String(phase.steps), fixed(phase.update, 0), fixed(phase.predictedUpdate, 0),
                fixed(phase.memoryMB, 0), fixed(phase.checkpointMB, 1), fixed(phase.days, 2), remark ?? "",
            ]
        }
    }

    private var recipeRows: [[String]] {
        recipes.map { [$0.recipe, fixed($0.days, 2), fixed($0.predictedDays, 2)] }
    }

    private var caption: String {
        let images = phases.first.map { "\($0.trainingImages) + \($0.testImages)" } ?? "no"
        return "\(processor), \(threads) threads, \(precision); \(images) generated images. "
            + "All seeds, with what they share trained once: \(days.map { fixed($0, 1, "days") } ?? "not known")."
    }

    func print() {
        if Console.width != nil {
            Console.printTable(Self.phaseTitles, phaseRows, left: [0, 1, 8])
            Swift.print()
            Console.printTable(["recipe, one seed", "days", "predicted"], recipeRows)
            Swift.print("\n\(caption)")
        } else {
            Swift.print("## \(title)\n")
            Self.printMarkdown(Self.phaseTitles, phaseRows, left: [0, 1, 8])
            Swift.print()
            Self.printMarkdown(["recipe, one seed", "days", "predicted"], recipeRows, left: [0])
            Swift.print("\n\(caption)")
        }
    }

    private static func printMarkdown(_ titles: [String], _ rows: [[String]], left: Set<Int>) {
        let rule = titles.indices.map { left.contains($0) ? "---" : "---:" }
        for row in [titles, rule] + rows { Swift.print("| \(row.joined(separator: " | ")) |") }
    }
}
