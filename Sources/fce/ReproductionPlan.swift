import Foundation
import Recipes
import Reports
import Runs
import System
import Tables

/// What one call of `fce reproduce` is about: the table's cells, and what is left to do for them.
struct ReproductionPlan {
    private(set) var cells: TableCells
    /// Whether everything is removed in the end.
    let isTemporary: Bool
    private let root: String

    init(_ command: Reproduce) throws {
        let table =
            try command.rehearse
            ? TableFile.ofTableOrRecipe(command.table) : TableFile.load(command.table)
        isTemporary = command.smoke
        root = NSTemporaryDirectory() + "fce-smoke-\(UUID().uuidString)"
        var options = TableOptions()
        options.runs = command.runs
        options.results = command.results
        options.seeds = command.seeds?.seeds
        options.data = command.data
        options.overrides = command.overrides
        options.precision = command.precision?.precision
        options.isVerbose = command.output.verbose
        if command.smoke {
            options.isSmoke = true
            options.runs = root + "/Runs"
            options.results = root + "/Results"
            // One seed shows that all of it runs.
            options.seeds = options.seeds ?? Array(table.seeds.prefix(1))
        }
        cells = try Self.cells(table, options)
    }

    /// Where a smoke run finds no data it takes generated images.
    private static func cells(_ table: TableFile, _ options: TableOptions) throws -> TableCells {
        let cells = try TableCells(table, options)
        guard options.isSmoke else { return cells }
        do {
            _ = try DataIdentity.read(cells)
            return cells
        } catch let error as UserError where error.kind == .missing {
            return try TableCells(table, options, dataIsPresent: false)
        }
    }

    /// The jobs that are left, and the data of all of them.
    /// - Throws: `UserError` where a result or run on disk is not of the table.
    func jobs() throws -> (plan: JobPlan, data: DataIdentity) {
        let data = try DataIdentity.read(cells)
        let plan = try cells.plan(data)
        // The table would refuse them in the end.
        let records = try cells.records(data)
        if !records.isEmpty { _ = try tables(records) }
        try requireFolder()
        return (plan, data)
    }

    /// Makes every cell compute in one precision, whichever machine trains it.
    mutating func pinPrecision() throws {
        if let choice = try cells.pinPrecision() { Console.error(choice) }
    }

    /// Commits the results of runs that have finished. One that cannot be committed is said, and hides no other.
    /// - Throws: `UserError(.output)` where the folder of results cannot be made.
    func recordFinished(_ jobs: JobPlan) throws {
        try cells.makeResultsFolder()
        for job in jobs.jobs where job.facts.isFinished && !job.facts.isRecorded {
            do { _ = try job.cell.recordResult() } catch { Console.warn(["\(job.cell.label): \(error)"]) }
        }
    }

    /// A folder of results has one table, which another one would replace.
    func requireFolder() throws {
        let path = "\(cells.results)/table.md"
        guard let text = (try? Files.read(path)).map({ String(decoding: $0, as: UTF8.self) }),
            let heading = text.split(separator: "\n").first, heading != markdownHeading(cells.title)
        else { return }
        throw UserError(
            .data, "the folder has another table: \(heading)", at: path,
            advice: "give this one another folder (results = …, --results), or delete that file")
    }

    /// The table of results; several of them, by number of labels, where the table says.
    func tables(_ records: [RunResult]) throws -> [ResultsTable] {
        let isOne = cells.table.labels.isEmpty
        var tables = try isOne ? [ResultsTable(records)] : ComparisonContent.tables(records)
        let missing = isTemporary ? [] : cells.missing(from: records)
        for index in tables.indices {
            tables[index].title = cells.title
            guard index == 0, !missing.isEmpty else { continue }
            tables[index].notes.append("Not finished yet: \(missing.joined(separator: "; ")).")
        }
        return tables
    }

    /// Prints the cells. Whatever stands in the way of training is said, but is no error here.
    func list(json: Bool) throws {
        var data: DataIdentity?
        do {
            data = try DataIdentity.read(cells)
        } catch let error as UserError where error.kind == .missing {
            Console.warn(["\(error)"])
        }
        let states = try cells.states(data)
        if json { return try Console.printJSON(states) }
        let rows = states.map { [$0.recipe, String($0.seed), $0.state] }
        Console.printTable(["cell", "seed", "state"], rows, left: [0, 2])
    }

    /// What there is of the cells' runs, for the page beside the table. Runs of other versions of a recipe are not theirs,
    /// and one that is damaged must not hide what the other cells say.
    func runs() -> [ReportContent] {
        let own = cells.cells.filter { cell in
            (try? cell.run.header())?.recipeHash == cell.recipe.hash
        }
        return own.compactMap { cell in
            do {
                return try ReportContent(cell.run)
            } catch {
                Console.warn(["the page leaves out \(cell.label): \(error)"])
                return nil
            }
        }
    }

    func removeTemporary() {
        if isTemporary { try? FileManager.default.removeItem(atPath: root) }
    }
}
