import Recipes
import Runs
import System
import Training

/// What Slurm is given for a table: the jobs that ``JobRunner`` makes on one machine, in an order in which each follows
/// what it waits for. A value: nothing here touches a disk.
public struct SlurmPlan: Sendable {
    public struct Job: Sendable, Equatable {
        public enum Work: Sendable, Equatable {
            /// The first phase of a cell, by its place in the table, whose flow other cells share.
            case flow(cell: Int)
            case cell(Int)
            /// The table of whatever results are there in the end.
            case table
        }

        public let work: Work
        /// What people call it, such as `svhn10k/500-fce, seed 1`.
        public let label: String
        /// Its name in Slurm: a hash of the place that it writes to, by which a job is known that was submitted before.
        public let name: String
        /// The words of `fce`, without `--threads`.
        public let command: [String]
        /// What it prints, and why it was requeued.
        public let log: String
        /// The jobs before it in the plan that it waits for.
        public let after: [Int]
        /// Files that those leave. Over a network they may show late.
        public let needed: [String]
    }

    public private(set) var jobs: [Job] = []

    /// - Parameters:
    ///   - plan: the jobs of the cells, of which some are done. It has none for a table whose cells are all done.
    ///   - cells: the table's.
    ///   - flowIsKept: whether a trained flow is kept at a path.
    public init(_ plan: JobPlan, _ cells: TableCells, flowIsKept: (String) -> Bool) {
        var flows: [String: Int] = [:]
        for flow in plan.sharedFlows where !flowIsKept(flow) {
            guard let trainer = plan.trainer(of: flow) else { continue }
            flows[flow] = jobs.count
            jobs.append(Self.flow(flow, plan.jobs[trainer].cell, trainer, cells))
        }
        var places: [Int: Int] = [:]
        for index in plan.jobs.indices { add(index, plan, cells, flows, &places) }
        if !jobs.isEmpty { jobs.append(Self.table(cells, after: Array(jobs.indices))) }
    }

    private static func flow(_ flow: String, _ cell: TableCell, _ index: Int, _ cells: TableCells) -> Job {
        let command = cell.arguments(cells.options, flowPerSeed: cells.table.flowPerSeed)
        return Job(
            work: .flow(cell: index), label: "flow of \(cell.label)", name: name(flow),
            command: command + ["--until-phase", "1"], log: cell.log, after: [], needed: [])
    }

    /// Adds the job of a cell after that of the cell that it continues.
    private mutating func add(
        _ index: Int, _ plan: JobPlan, _ cells: TableCells, _ flows: [String: Int], _ places: inout [Int: Int]
    ) {
        let job = plan.jobs[index]
        guard !job.facts.isDone, places[index] == nil else { return }
        var (after, needed): ([Int], [String]) = ([], [])
        if let origin = job.origin, !plan.jobs[origin].facts.isDone {
            add(origin, plan, cells, flows, &places)
            after += places[origin].map { [$0] } ?? []
            needed.append(plan.jobs[origin].cell.run.file("result.json"))
        }
        // A run that has begun its flow ends it.
        if let flow = job.flow, let place = flows[flow],
            job.facts.phase == nil || plan.trainer(of: flow) == index
        {
            after.append(place)
            needed.append(flow)
        }
        places[index] = jobs.count
        let origin = job.origin.map { plan.jobs[$0].cell.run.path }
        jobs.append(
            Job(
                work: .cell(index), label: job.cell.label, name: Self.name(job.cell.run.path),
                command: job.cell.arguments(
                    cells.options, flowPerSeed: cells.table.flowPerSeed, origin: origin),
                log: job.cell.log, after: after, needed: needed))
    }

    private static func table(_ cells: TableCells, after: [Int]) -> Job {
        let folder = Files.split(cells.results).name
        return Job(
            work: .table, label: "table \(cells.title)", name: name(cells.results),
            command: cells.tableArguments, log: "\(cells.options.runs)/\(folder).log", after: after,
            needed: [])
    }

    /// `fce:` and twelve digits of a hash of the path, links resolved.
    static func name(_ path: String) -> String {
        "fce:" + SHA256.hex(of: Files.absolute(path).utf8).prefix(12)
    }
}

extension JobPlan {
    /// The places of flows that several open cells take, in the order of the table.
    package var sharedFlows: [String] {
        let flows = jobs.compactMap(\.flow)
        return flows.indices.filter { index in
            flows[..<index].contains(flows[index]) == false && flows[(index + 1)...].contains(flows[index])
        }.map { flows[$0] }
    }

    /// The cell that trains a flow: one that has begun to, else the first that takes it.
    package func trainer(of flow: String) -> Int? {
        let sharing = jobs.indices.filter { jobs[$0].flow == flow }
        return sharing.first { jobs[$0].facts.phase != nil } ?? sharing.first
    }
}

extension TableCells {
    /// What makes the table of the results that are there.
    var tableArguments: [String] {
        var words = ["reproduce", table.path, "--table-only", "--runs", options.runs, "--results", results]
        if let seeds = options.seeds { words += ["--seeds", seeds.map(String.init).joined(separator: ",")] }
        if let data = options.data { words += ["--data", data] }
        return words + options.overrides.flatMap { ["--set", $0] }
    }
}
