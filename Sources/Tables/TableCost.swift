import Costs
import Training

/// What a whole table costs: every recipe with every seed, where flows and first phases are trained once.
public struct TableCost: Sendable {
    public struct Row: Sendable, Equatable {
        /// The recipe's name.
        public let recipe: String
        public let cells: Int
        /// Operations of the phases that its cells train themselves.
        public var operations = 0.0
        /// Of all its cells; nil where nothing was measured.
        public var time: ComputeTime?
    }

    public let rows: [Row]
    public var operations: Double { rows.reduce(0) { $0 + $1.operations } }
    /// One cell after the other; nil where nothing was measured.
    public var total: ComputeTime? {
        let times = rows.compactMap(\.time)
        return times.count == rows.count ? .sum(times) : nil
    }

    /// - Parameter costs: of the table's recipes by their names.
    package init(_ plan: JobPlan, _ costs: [String: RunCost]) {
        var rows: [Row] = []
        for index in plan.jobs.indices {
            let name = plan.jobs[index].cell.recipe.name
            guard let cost = costs[name] else { continue }
            let first = plan.firstOwnPhase(of: index)
            let place = rows.firstIndex { $0.recipe == name } ?? rows.count
            if place == rows.count {
                rows.append(Row(recipe: name, cells: plan.jobs.count { $0.cell.recipe.name == name }))
            }
            rows[place].operations += cost.phases.dropFirst(first).reduce(0) { $0 + $1.operations }
            if let time = cost.rest(from: first) { rows[place].time = (rows[place].time ?? .zero) + time }
        }
        self.rows = rows
    }
}

extension TableCost {
    /// Operations alone.
    public init(operationsOf cells: TableCells) throws {
        let costs = cells.recipes.map { ($0.name, RunCost($0)) }
        self.init(try cells.untouchedPlan(), Dictionary(uniqueKeysWithValues: costs))
    }
}

extension JobPlan {
    /// The first phase that a cell trains itself when nothing is on disk: the flow that the first cell trains is kept
    /// for the others, and a cell that continues another begins with its last phases.
    package func firstOwnPhase(of index: Int) -> Int {
        let job = jobs[index]
        if let origin = job.origin { return jobs[origin].cell.recipe.phases.count }
        guard let flow = job.flow else { return 0 }
        return jobs.firstIndex { $0.flow == flow && $0.origin == nil } == index ? 0 : 1
    }
}

extension CostEstimator {
    /// - Parameters:
    ///   - cells: the table's.
    ///   - size: of the table's data, which all cells share; nil where they are not there.
    public func cost(of cells: TableCells, _ size: DataSize?) throws -> TableCost {
        TableCost(try cells.untouchedPlan(), try costs(of: cells.recipes, size))
    }
}
