/// How long the rest of a table takes, from what its cells have taken so far.
public struct JobEstimate: Sendable {
    /// Seconds of training by recipe and phase.
    private var known: [String: [Double]] = [:]

    public init() {}

    /// Takes note of a finished cell.
    public mutating func learn(_ result: RunResult) {
        known[result.recipe] = result.phases.map(\.seconds)
    }

    /// Seconds of training, and whether they leave out something that is not known yet.
    public struct Rest: Sendable, Equatable {
        public var seconds: Double
        public var isLowerBound: Bool

        /// `1:02:03`, with ≥ where something is not known yet.
        public var text: String {
            if isLowerBound && seconds < 1 { return "–" }
            return (isLowerBound ? "≥ " : "") + ProgressStatus.duration(seconds)
        }
    }

    /// The rest of all jobs, shared by `slots` workers.
    ///
    /// - Parameter progress: where a running job stands.
    public func rest(
        of queue: JobQueue, slots: Int, progress: (Int) -> RunProgress?, flowIsKept: (String) -> Bool
    ) -> Rest {
        var total = Rest(seconds: 0, isLowerBound: false)
        var longest = 0.0
        var flows: Set<String> = []
        for (index, job) in queue.plan.jobs.enumerated() where !queue.statuses[index].isOver {
            var first = job.facts.phase ?? 0
            if let origin = job.origin { first = queue.plan.jobs[origin].cell.recipe.phases.count }
            // The first job that needs the flow trains it.
            if let flow = job.flow, flowIsKept(flow) || !flows.insert(flow).inserted { first = max(first, 1) }
            let own = rest(
                of: job, from: first, queue.statuses[index] == .running ? progress(index) : nil)
            total.seconds += own.seconds
            total.isLowerBound = total.isLowerBound || own.isLowerBound
            longest = max(longest, own.seconds)
        }
        total.seconds = max(longest, total.seconds / Double(max(1, slots)))
        return total
    }

    /// The rest of one cell, which begins with the phase `first`, or stands where `progress` says.
    func rest(of job: JobPlan.Job, from first: Int, _ progress: RunProgress?) -> Rest {
        let phases = known[job.cell.recipe.name]
        var rest = Rest(seconds: 0, isLowerBound: false)
        var next = first
        if let progress {
            next = progress.phaseIndex + 1
            rest.seconds = progress.remainingSeconds ?? 0
            rest.isLowerBound = progress.remainingSeconds == nil
        }
        for index in job.cell.recipe.phases.indices.dropFirst(next) {
            if let phases, phases.indices.contains(index) {
                rest.seconds += phases[index]
            } else {
                rest.isLowerBound = true
            }
        }
        return rest
    }
}
