import Runs
import Training

/// The cells of a table as jobs, with what each of them waits for. A value: nothing here touches a disk.
public struct JobPlan: Sendable, Equatable {
    /// What it takes to have one cell.
    public struct Job: Sendable, Equatable {
        public let cell: TableCell
        public let facts: CellFacts
        /// The job whose run this one continues, with `--from`.
        public let origin: Int?
        /// The place of the trained flow that the cell takes, or trains if it is the first; nil where it needs none.
        public let flow: String?
    }

    public let jobs: [Job]

    /// - Parameters:
    ///   - cells: in the order of the table.
    ///   - facts: of each cell.
    ///   - flows: where the trained flow of each cell is kept; nil for a cell that begins with none.
    public init(_ cells: [TableCell], facts: [CellFacts], flows: [String?]) {
        precondition(cells.count == facts.count && cells.count == flows.count)
        jobs = cells.indices.map { index in
            let own = facts[index]
            guard !own.isDone else {
                return Job(cell: cells[index], facts: own, origin: nil, flow: nil)
            }
            let origin = own.phase == nil ? Self.origin(of: index, cells, facts) : nil
            // A run that has passed its first phase, or takes it from another, carries its flow with it.
            let needsFlow = origin == nil && own.phase ?? 0 == 0
            return Job(cell: cells[index], facts: own, origin: origin, flow: needsFlow ? flows[index] : nil)
        }
    }

    /// The cell of the same seed whose phases are the longest beginning of this one's; one whose result is known but
    /// whose run is gone does not count.
    private static func origin(of index: Int, _ cells: [TableCell], _ facts: [CellFacts]) -> Int? {
        let recipe = cells[index].recipe
        let candidates = cells.indices.filter { other in
            let start = cells[other].recipe
            return start.seed == recipe.seed && start.phases.count < recipe.phases.count
                && (!facts[other].isDone || facts[other].canBeContinued)
                && recipe.obstacles(toContinuing: start, phases: start.phases.count).isEmpty
        }
        return candidates.max { cells[$0].recipe.phases.count < cells[$1].recipe.phases.count }
    }

    /// Jobs that nothing needs to be done for.
    public var doneCount: Int { jobs.count { $0.facts.isDone } }
}
