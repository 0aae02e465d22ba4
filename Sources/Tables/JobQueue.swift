/// Chooses the next job of a plan. It is a value that changes with what happens to the jobs.
public struct JobQueue: Sendable {
    public enum Status: Sendable, Equatable {
        case waiting, running, done
        /// The job failed; the text is the worker's error, on one line.
        case failed(String)
        /// The job was skipped; the text is the reason.
        case skipped(String)

        public var isOver: Bool {
            switch self {
            case .waiting, .running: false
            case .done, .failed, .skipped: true
            }
        }
    }

    public let plan: JobPlan
    /// One for each job.
    public private(set) var statuses: [Status]

    public init(_ plan: JobPlan) {
        self.plan = plan
        statuses = plan.jobs.map { $0.facts.isDone ? .done : .waiting }
    }

    public var isOver: Bool { statuses.allSatisfy(\.isOver) }
    public var running: [Int] { statuses.indices.filter { statuses[$0] == .running } }

    /// The first job that may start, which then counts as running; nil where all must wait.
    ///
    /// - Parameter flowIsKept: whether a trained flow is kept at a path.
    public mutating func start(flowIsKept: (String) -> Bool) -> Int? {
        skip(flowIsKept)
        let next = statuses.indices.first { index in
            statuses[index] == .waiting && obstacle(to: index, flowIsKept) == nil
        }
        if let next { statuses[next] = .running }
        return next
    }

    /// What a waiting job waits for; nil where it may start.
    public func obstacle(to index: Int, _ flowIsKept: (String) -> Bool) -> Int? {
        let job = plan.jobs[index]
        if let origin = job.origin, statuses[origin] != .done { return origin }
        guard let flow = job.flow, !flowIsKept(flow) else { return nil }
        let others = statuses.indices.filter { $0 != index && plan.jobs[$0].flow == flow }
        // A run that has begun with the flow ends with it, also if another has it before.
        let started = job.facts.phase == nil ? others.first { isBegun($0) } : nil
        return others.first { statuses[$0] == .running } ?? started
    }

    private func isBegun(_ index: Int) -> Bool {
        statuses[index] == .waiting && plan.jobs[index].facts.phase != nil
    }

    /// A running job has ended well.
    public mutating func finish(_ index: Int) { statuses[index] = .done }

    /// A running job has failed; those that wait for it are skipped at the next ``start(flowIsKept:)``.
    public mutating func fail(_ index: Int, _ reason: String) { statuses[index] = .failed(reason) }

    /// Skips jobs that wait for something that failed. It is not tried in another way, because the same training would fail
    /// the same way.
    private mutating func skip(_ flowIsKept: (String) -> Bool) {
        var changed = true
        while changed {
            changed = false
            for index in statuses.indices where statuses[index] == .waiting {
                guard let reason = lost(index, flowIsKept) else { continue }
                statuses[index] = .skipped(reason)
                changed = true
            }
        }
    }

    private func lost(_ index: Int, _ flowIsKept: (String) -> Bool) -> String? {
        let job = plan.jobs[index]
        if let origin = job.origin, hasFailed(origin) {
            return "it continues \(plan.jobs[origin].cell.label), which has no result"
        }
        guard let flow = job.flow, !flowIsKept(flow) else { return nil }
        let culprit = plan.jobs.indices.first { hasFailed($0) && plan.jobs[$0].flow == flow }
        return culprit.map { "its flow was to come from \(plan.jobs[$0].cell.label)" }
    }

    private func hasFailed(_ index: Int) -> Bool {
        switch statuses[index] {
        case .failed, .skipped: true
        case .waiting, .running, .done: false
        }
    }
}
