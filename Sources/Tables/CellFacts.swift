import Flows
import Recipes
import Runs
import System
import Training

/// What the disk says of a cell before anything is trained.
public struct CellFacts: Sendable, Equatable {
    /// Its committed result is there.
    public var isRecorded = false
    /// Its run is finished.
    public var isFinished = false
    /// The run's last state is there, for another recipe to go on from.
    public var canBeContinued = false
    /// The phase, from 0, and step of the newest checkpoint; nil where training has not come to one.
    public var phase: Int?
    public var step: Int?

    public init() {}

    public var isDone: Bool { isRecorded || isFinished }

    /// Looks at the committed result and at the run directory of `cell`.
    ///
    /// - Parameters:
    ///   - cell: the cell whose files are read.
    ///   - data: what the cell would be trained on; nil where that is unknown.
    /// - Throws: `UserError` when there is a result or a run under the cell's name that is not the cell's: of other
    ///   data, another split rule, another version of the recipe or another selection rule.
    public init(_ cell: TableCell, data: DataIdentity?) throws {
        if let result = try RunFiles.result(at: cell.record) {
            try cell.expect(result, data, at: cell.record)
            isRecorded = true
        }
        guard cell.run.exists("run.json") else { return }
        if let result = try RunFiles.result(at: cell.run.file("result.json")) {
            try cell.expect(result, data, at: cell.run.path)
            isFinished = true
        } else {
            try cell.expectStarted(data)
        }
        if let newest = cell.run.states.last { (phase, step) = (newest.phaseIndex, newest.step) }
        canBeContinued = phase == cell.recipe.phases.count
    }
}

extension RunFiles {
    /// The result at `path`; nil where there is none.
    package static func result(at path: String) throws -> RunResult? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let files = RunFiles(path: parts.count > 1 ? parts.dropLast().joined(separator: "/") : ".")
        guard let name = parts.last.map(String.init), files.exists(name) else { return nil }
        return try files.read(RunResult.self, from: name)
    }
}

extension TableCell {
    /// Throws `UserError(.data)` for a result that does not belong into the cell.
    package func expect(_ result: RunResult, _ data: DataIdentity?, at path: String) throws {
        func refuse(_ what: String) -> UserError {
            UserError(
                .data, "cannot merge into the table: \(what)", at: path,
                advice: "move it away to train the cell anew, or choose another folder")
        }
        guard result.recipe == recipe.name, result.seed == seed else {
            throw refuse("it is of \(result.recipe), seed \(result.seed), not of \(label)")
        }
        let flowSeed = result.flowSeed ?? recipe.flow.seed
        let rules: [(what: String, theirs: String, ours: String?)] = [
            ("recipe version", result.protocolHash, recipe.protocolHash),
            ("data", result.dataSHA256, data?.sha256),
            ("test set", result.testSHA256 ?? data?.testSHA256 ?? "", data?.testSHA256),
            ("split rule", result.splitRule, data?.splitRule),
            ("selection rule", result.selection, RunResult.selectionRule),
            ("seed of the split", String(result.splitSeed ?? 0), String(recipe.data.splitSeed)),
            ("seed of the flow", String(flowSeed), String(recipe.flow.seed)),
        ]
        for (what, theirs, ours) in rules {
            guard let ours, ours != theirs else { continue }
            let isHash = ours.count == 64
            let (old, new) = isHash ? (theirs.prefix(12), ours.prefix(12)) : (theirs[...], ours[...])
            throw refuse("it is of another \(what) (\(old), here \(new))")
        }
    }

    /// Throws `UserError` where the unfinished run is not one of this cell, so that `--resume` would refuse it.
    fileprivate func expectStarted(_ data: DataIdentity?) throws {
        func refuse(_ what: String) -> UserError {
            UserError(
                .recipe, "cannot resume: \(what)", at: run.path,
                advice: "move the run away to train it anew, or choose another --runs")
        }
        let header = try run.header()
        guard header.recipeHash == recipe.hash else {
            let keys = try run.recipe().differences(from: recipe).prefix(5).map { "`\($0)`" }
            throw refuse("the recipe differs: \(keys.joined(separator: ", "))")
        }
        if let data, !data.isOf(header.data) { throw refuse("the data differ") }
    }
}
