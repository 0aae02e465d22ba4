import Costs
import Foundation
import Recipes
import Runs
import System
import Tensors
import Training

/// The phases of a table's recipes, each rehearsed once in a process of its own, and what the whole table takes here.
///
/// What was rehearsed is kept among the user's caches by program, recipe and machine, so that a rehearsal goes on where
/// it was stopped.
public final class TableRehearsal {
    /// A phase, and what was found.
    public struct Row: Sendable {
        /// The first recipe of the table that has the phase, and all of them.
        public let recipe: Recipe
        public fileprivate(set) var recipes: [String]
        public let phase: Int
        public let size: DataSize
        let key: SpeedKey
        package var rehearsal: PhaseRehearsal?
        /// Why it could not be rehearsed.
        public var failure: String?

        /// What a worker is told to rehearse.
        package var name: String { "\(recipe.name):\(phase)" }
    }

    public private(set) var rows: [Row] = []
    private let cells: TableCells
    private let cache: SpeedCache
    public let machine: (processor: String, threads: Int, precision: String)

    /// - Parameters:
    ///   - cells: the table's.
    ///   - threads: nil: all processors.
    /// - Throws: `UserError(.missing)` for data that are neither there nor known.
    public init(_ cells: TableCells, threads: Int?, cache: SpeedCache? = .ofUser()) throws {
        guard let cache else {
            throw UserError(
                .output, "there is no folder to keep rehearsals in", advice: "set HOME or XDG_CACHE_HOME")
        }
        (self.cells, self.cache) = (cells, cache)
        let backend = try Device.standard.open(threads: threads)
        machine = (
            SpeedMachine(backend).processor, backend.threads, backend.reduced.rawValue
        )
        for recipe in cells.recipes {
            let size = try DataSize(expectedBy: recipe)
            let machine = SpeedMachine(
                try Device.standard.open(threads: threads, precision: recipe.precision))
            for phase in recipe.phases.indices {
                let key = SpeedKey(rehearsalOf: recipe, phase: phase, size, machine)
                if let known = rows.firstIndex(where: { $0.key == key }) {
                    rows[known].recipes.append(recipe.name)
                } else {
                    rows.append(
                        Row(recipe: recipe, recipes: [recipe.name], phase: phase, size: size, key: key))
                }
            }
        }
    }

    /// The names of the table's recipes.
    public var recipes: [String] { cells.recipes.map(\.name) }

    /// Takes what was rehearsed earlier.
    public func recall() {
        let now = Date.now.timeIntervalSince1970
        for index in rows.indices {
            rows[index].rehearsal = cache.read(PhaseRehearsal.self, rows[index].key, now: now)?.speed
        }
    }

    /// Rehearses the phase called `name` in this process, and keeps what was found.
    /// - Throws: `UserError` as training the phase does.
    public func rehearse(_ name: String, threads: Int?) throws {
        guard let row = rows.first(where: { $0.name == name }) else {
            throw UserError(.recipe, "\(name) is no phase of the table", advice: "name RECIPE:PHASE")
        }
        let rehearsal = try PhaseRehearsal(row.recipe, phase: row.phase, row.size, threads: threads)
        guard cache.write(rehearsal, row.key, now: Date.now.timeIntervalSince1970) else {
            throw UserError(
                .output, "cannot be written", at: cache.folder, advice: "get permission to write there")
        }
    }

    /// Rehearses every phase that is left, one after the other, each in a process that `arguments` starts.
    ///
    /// - Parameters:
    ///   - arguments: of `fce`, for the phase of that name.
    ///   - began: called before each.
    ///   - ended: called after each.
    /// - Throws: `Interrupted` after a signal; `UserError(.output)` when the system gives no process.
    public func run(
        _ arguments: (String) -> [String], began: (Row) -> Void, ended: (Row) -> Void
    ) throws {
        for index in rows.indices where rows[index].rehearsal == nil {
            began(rows[index])
            try run(index, arguments(rows[index].name))
            ended(rows[index])
        }
    }

    private func run(_ index: Int, _ arguments: [String]) throws {
        let log = NSTemporaryDirectory() + "/fce-rehearsal-\(getpid()).log"
        defer { Files.remove(log) }
        let worker = try WorkerProcess(arguments, log: log)
        while true {
            if let end = worker.poll() {
                let now = Date.now.timeIntervalSince1970
                rows[index].rehearsal = cache.read(PhaseRehearsal.self, rows[index].key, now: now)?.speed
                if rows[index].rehearsal == nil { rows[index].failure = Self.reason(end, log) }
                return
            }
            if Interruption.isRequested {
                worker.send(SIGKILL)
                throw Interrupted()
            }
            usleep(20_000)
        }
    }

    private static func reason(_ end: WorkerProcess.End, _ log: String) -> String {
        if case .killed(let signal) = end { return "killed by signal \(signal)" }
        let text = (try? Files.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it ended without a word"
    }

    /// The cost of each recipe whose phases were all rehearsed, by its name.
    public var costs: [String: RunCost] {
        cells.recipes.reduce(into: [:]) { costs, recipe in
            let own = recipe.phases.indices.map { phase in
                rows.first { $0.recipes.contains(recipe.name) && $0.phase == phase }
            }
            let speeds = own.compactMap { $0?.rehearsal?.speed }
            guard speeds.count == recipe.phases.count else { return }
            costs[recipe.name] = RunCost(recipe, speeds, nil, own[0]?.size)
        }
    }

    /// What the table costs with all its seeds, where flows and first phases are trained once.
    public func tableCost() throws -> TableCost { TableCost(try cells.untouchedPlan(), costs) }
}

extension TableRehearsal.Row {
    public var kind: String { recipe.phases[phase].kind }
    public var steps: Int { recipe.phases[phase].steps }
}
