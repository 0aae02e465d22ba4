import Scores
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// A cell of the small recipe's first phases: 1 the flow, 2 FCE-init, 3 FCE; 0 is supervised.
private func cell(_ phases: Int, seed: Int, _ overrides: [String] = []) throws -> TableCell {
    var recipe = try Recipe.parse(smallRecipe, file: "t/r\(phases).toml", overrides: overrides)
    recipe.seed = seed
    recipe.phases = Array(recipe.phases.prefix(phases))
    if phases == 0 { recipe.phases = [PlannedPhase(SupervisedPhase.Settings())] }
    return TableCell(
        recipe: recipe, file: "t/r\(phases).toml", run: RunFiles(path: "Runs/r\(phases)/seed-\(seed)"),
        record: "Results/r\(phases)-seed-\(seed).json")
}

private func facts(
    recorded: Bool = false, finished: Bool = false, continued: Bool? = nil, phase: Int? = nil
) -> CellFacts {
    var facts = CellFacts()
    (facts.isRecorded, facts.isFinished) = (recorded, finished)
    facts.canBeContinued = continued ?? finished
    (facts.phase, facts.step) = (phase, phase.map { _ in 5 })
    return facts
}

/// A plan of cells that share the flow `F`, but for the supervised one.
private func plan(_ cells: [(phases: Int, seed: Int)], _ facts: [CellFacts]? = nil) throws -> JobPlan {
    JobPlan(
        try cells.map { try cell($0.phases, seed: $0.seed) },
        facts: facts ?? cells.map { _ in CellFacts() }, flows: cells.map { $0.phases == 0 ? nil : "F" })
}

@Suite struct JobPlanTests {
    @Test func aCellContinuesTheLongestBeginningOfItsSeed() throws {
        let plan = try plan([(3, 1), (1, 1), (2, 1), (2, 2), (0, 1)])
        #expect(plan.jobs.map(\.origin) == [2, nil, 1, nil, nil])
        // What continues another takes the flow with it.
        #expect(plan.jobs.map(\.flow) == [nil, "F", nil, "F", nil])
    }

    @Test func otherSettingsAreNoBeginning() throws {
        let cells = [try cell(2, seed: 1, ["phase.2.steps=7"]), try cell(3, seed: 1)]
        let plan = JobPlan(cells, facts: [CellFacts(), CellFacts()], flows: ["F", "F"])
        #expect(plan.jobs.map(\.origin) == [nil, nil])
    }

    @Test func onlyARunThatIsThereIsContinued() throws {
        let recorded = try plan([(2, 1), (3, 1)], [facts(recorded: true), facts()])
        #expect(recorded.jobs[1].origin == nil && recorded.jobs[1].flow == "F" && recorded.doneCount == 1)
        let finished = try plan([(2, 1), (3, 1)], [facts(recorded: true, finished: true), facts()])
        #expect(finished.jobs[1].origin == 0)
        let stripped = try plan([(2, 1), (3, 1)], [facts(finished: true, continued: false), facts()])
        #expect(stripped.jobs[1].origin == nil)
    }

    @Test func aStartedRunGoesOnByItself() throws {
        let plan = try plan([(2, 1), (3, 1), (3, 2)], [facts(), facts(phase: 1), facts(phase: 0)])
        #expect(plan.jobs.map(\.origin) == [nil, nil, nil])
        // Past its first phase a run carries the flow.
        #expect(plan.jobs.map(\.flow) == ["F", nil, "F"])
    }

    @Test func statesSayWhatIsDoneAndWhatIsWaitedFor() throws {
        let plan = try plan(
            [(2, 1), (3, 1), (2, 2), (3, 2), (0, 1)],
            [facts(recorded: true, finished: true), facts(), facts(), facts(phase: 1), facts(finished: true)])
        let states = (0..<5).map { plan.state(of: $0) { _ in false } }
        #expect(
            states == [
                "done: Results/r2-seed-1.json", "to do, continues t/r2, seed 1", "to do, trains its flow",
                "started: phase 2, step 5", "done: Runs/r0/seed-1",
            ])
        #expect(plan.state(of: 2) { _ in true } == "to do, its flow is there")
    }
}

@Suite struct JobQueueTests {
    private let none: (String) -> Bool = { _ in false }
    private let kept: (String) -> Bool = { _ in true }

    @Test func aFlowIsTrainedByTheFirstAlone() throws {
        var queue = JobQueue(try plan([(2, 1), (2, 2), (0, 1)]))
        #expect(queue.start(flowIsKept: none) == 0)
        #expect(queue.start(flowIsKept: none) == 2)
        #expect(queue.start(flowIsKept: none) == nil)
        #expect(queue.obstacle(to: 1, none) == 0)
        // The first goes on with its energy, but the flow is there.
        #expect(queue.start(flowIsKept: kept) == 1)
        #expect(queue.running == [0, 1, 2])
    }

    @Test func aFlowThatIsBegunIsNotBegunAgain() throws {
        var queue = JobQueue(try plan([(2, 1), (2, 2)], [facts(), facts(phase: 0)]))
        #expect(queue.start(flowIsKept: none) == 1)
        #expect(queue.start(flowIsKept: none) == nil)
        #expect(queue.start(flowIsKept: kept) == 0)
        #expect(queue.plan.state(of: 0, flowIsKept: none) == "to do, after the flow of t/r2, seed 2")
        // Runs that have both begun take turns.
        var both = JobQueue(try plan([(2, 1), (2, 2)], [facts(phase: 0), facts(phase: 0)]))
        #expect(both.start(flowIsKept: none) == 0 && both.start(flowIsKept: none) == nil)
    }

    @Test func aContinuationWaitsForItsOrigin() throws {
        var queue = JobQueue(try plan([(3, 1), (2, 1)]))
        #expect(queue.start(flowIsKept: kept) == 1)
        #expect(queue.start(flowIsKept: kept) == nil)
        queue.finish(1)
        #expect(queue.start(flowIsKept: kept) == 0)
        queue.finish(0)
        #expect(queue.isOver && queue.statuses == [.done, .done])
    }

    @Test func whatContinuesAFailureIsSkipped() throws {
        var queue = JobQueue(try plan([(3, 1), (2, 1), (1, 1), (2, 2)]))
        #expect(queue.start(flowIsKept: kept) == 2)
        queue.fail(2, "diverged")
        #expect(queue.start(flowIsKept: kept) == 3)
        #expect(queue.statuses[2] == .failed("diverged"))
        #expect(queue.statuses[1] == .skipped("it continues t/r1, seed 1, which has no result"))
        #expect(queue.statuses[0] == .skipped("it continues t/r2, seed 1, which has no result"))
        #expect(!queue.isOver)
    }

    @Test func aFlowThatFailsIsNotTrainedAgain() throws {
        var queue = JobQueue(try plan([(2, 1), (2, 2), (0, 1)]))
        #expect(queue.start(flowIsKept: none) == 0)
        queue.fail(0, "diverged")
        #expect(queue.start(flowIsKept: none) == 2)
        #expect(queue.statuses[1] == .skipped("its flow was to come from t/r2, seed 1"))
        // The flow was trained, and what came after it failed.
        var other = JobQueue(try plan([(2, 1), (2, 2)]))
        #expect(other.start(flowIsKept: none) == 0)
        other.fail(0, "diverged")
        #expect(other.start(flowIsKept: kept) == 1)
    }

    @Test func doneCellsAreNotStarted() throws {
        var queue = JobQueue(try plan([(2, 1), (2, 2)], [facts(recorded: true), facts(finished: true)]))
        #expect(queue.isOver)
        #expect(queue.start(flowIsKept: kept) == nil)
    }
}

@Suite struct JobEstimateTests {
    private func result(_ cell: TableCell, _ seconds: [Double]) throws -> RunResult {
        var result = try RunResult(
            recipe: cell.recipe, header: .test(cell.recipe), split: .test(), command: "")
        result.phases = seconds.map { .init(name: "x", steps: 1, seconds: $0) }
        return result
    }

    private func progress(phase: Int, step: Int, steps: Int, rate: Double?) -> RunProgress {
        let status = ProgressStatus(
            phase: "energy", phaseIndex: phase, phaseCount: 3, step: step, steps: steps, lastError: 0.5)
        return RunProgress(status, rate: rate, process: 7)
    }

    @Test func theRestFollowsFromWhatFinishedCellsTook() throws {
        let plan = try plan([(2, 1), (2, 2), (2, 3)], [facts(recorded: true), facts(), facts()])
        var estimate = JobEstimate()
        estimate.learn(try result(plan.jobs[0].cell, [100, 40]))
        let queue = JobQueue(plan)
        // One flow for both, if it is not there.
        let rest = estimate.rest(of: queue, slots: 1, progress: { _ in nil }, flowIsKept: { _ in false })
        #expect(rest == .init(seconds: 180, isLowerBound: false) && rest.text == "3:00")
        let kept = estimate.rest(of: queue, slots: 2, progress: { _ in nil }, flowIsKept: { _ in true })
        #expect(kept.seconds == 40)
    }

    @Test func thePredictionIsThereFromTheStart() throws {
        let plan = try plan([(2, 1), (2, 2), (1, 3)])
        func cost(_ phases: [Double]) -> RunCost {
            let own = phases.map { time in
                RunCost.Phase(
                    kind: "energy", steps: 1, operations: 1,
                    training: ComputeTime(seconds: time, processorSeconds: time), tests: .zero)
            }
            return RunCost(phases: own, ending: ComputeTime(seconds: 1, processorSeconds: 1))
        }
        var estimate = JobEstimate(["t/r2": cost([100, 40]), "t/r1": cost([100])])
        func rest() -> JobEstimate.Rest {
            estimate.rest(
                of: JobQueue(plan), slots: 1, progress: { _ in nil }, flowIsKept: { _ in false })
        }
        // One flow, two energies, three starts and reports.
        #expect(rest() == .init(seconds: 183, isLowerBound: false))
        // Of a recipe that took twice what was predicted; the other one will, too.
        estimate.learn(try result(plan.jobs[2].cell, [200]))
        #expect(rest().seconds == 200 + 80 + 80 + 3)
    }

    @Test func aRunningCellCountsFromWhereItStands() throws {
        var queue = JobQueue(try plan([(3, 1), (2, 1)]))
        #expect(queue.start(flowIsKept: { _ in true }) == 1)
        let standing = progress(phase: 1, step: 20, steps: 50, rate: 3)
        #expect(standing.line == "[2/3 energy] 20/50  3.00 it/s  ETA 0:10  error 50.00 %")
        let rest = JobEstimate().rest(
            of: queue, slots: 1, progress: { $0 == 1 ? standing : nil }, flowIsKept: { _ in true })
        // Its forecast knows more.
        let known = RunProgress(
            ProgressStatus(phase: "energy", phaseIndex: 1, phaseCount: 3, step: 20, steps: 50), rate: 3,
            rest: 90, process: 7)
        let all = JobEstimate().rest(
            of: queue, slots: 1, progress: { $0 == 1 ? known : nil }, flowIsKept: { _ in true })
        #expect(all.seconds == 90)
        #expect(known.line == "[2/3 energy] 20/50  3.00 it/s  ETA 0:10 (run 1:30)")
        // Nobody knows yet how long the joint phase takes.
        #expect(rest == .init(seconds: 10, isLowerBound: true) && rest.text == "≥ 0:10")
        #expect(JobEstimate.Rest(seconds: 0, isLowerBound: true).text == "–")
    }
}

@Suite struct WorkerTests {
    @Test func theErrorIsTheWorkersOwnOfThisSitting() throws {
        try withScratch { folder in
            let path = "\(folder)/train.log"
            let old = "fce: error: old\n"
            try write(old + "noise\n", to: path)
            #expect(
                WorkerLog(path, from: old.utf8.count).reason(of: .exited(1)) == "exit code 1, see \(path)")
            try write(old + "noise\nfce: error: x.mat: broken; repair it\n", to: path)
            let log = WorkerLog(path, from: old.utf8.count)
            #expect(log.reason(of: .exited(65)) == "x.mat: broken; repair it")
            #expect(log.reason(of: .killed(signal: 9)).hasPrefix("killed by signal 9"))
            #expect(log.reason(of: .exited(143)).hasPrefix("stopped by a signal"))
        }
    }

    @Test func aBlockOfLinesIsRedrawn() {
        var (time, written, size) = (0.0, "", (width: 8, height: 3))
        let display = JobDisplay(
            style: .terminal, size: { size }, clock: { time }, output: { written += $0 })
        display.show { ["abcdefghij", "two", "three", "whole"] }
        #expect(written == "abcdefg\nwhole\n")
        time = 0.1
        display.show { ["early"] }
        #expect(written == "abcdefg\nwhole\n")
        written = ""
        display.note("event")
        display.show { ["after"] }
        display.end()
        #expect(written == "\u{1B}[2A\r\u{1B}[Jevent\nafter\n\u{1B}[1A\r\u{1B}[J")
        // Wide characters, in a window that becomes narrower: the terminal has made two lines of the first.
        (size, time, written) = ((12, 9), 1, "")
        display.show { ["日本語の名前", "ab"] }
        (size, time) = ((6, 9), 2)
        display.show { ["日本語の名前"] }
        #expect(written == "日本語の名\nab\n\u{1B}[3A\r\u{1B}[J日本\n")
    }

    @Test func plainLinesAreSparse() {
        var (time, written) = (0.0, "")
        let display = JobDisplay(style: .lines, clock: { time }, output: { written += $0 })
        for second in stride(from: 0.0, through: 125, by: 5) {
            time = second
            display.show { ["at \(Int(second))"] }
        }
        display.end()
        #expect(written == "at 60\nat 120\n")
    }
}
