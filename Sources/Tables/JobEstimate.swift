import Costs
import Runs
import Scores
import System
import Training

/// How long the rest of a table takes: from what its cells have taken so far, and from what was predicted before.
public struct JobEstimate: Sendable {
    /// Seconds of training by recipe and phase.
    private var known: [String: [Double]] = [:]
    /// The predicted costs of recipes by their names.
    private let predicted: [String: RunCost]

    public init(_ predicted: [String: RunCost] = [:]) { self.predicted = predicted }

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
            return (isLowerBound ? "≥ " : "") + clockTime(seconds)
        }
    }

    /// The rest of all jobs, shared by `slots` workers.
    ///
    /// - Parameters:
    ///   - queue: what is done, running and waiting.
    ///   - slots: how many jobs run at once.
    ///   - progress: where a running job stands.
    ///   - flowIsKept: whether the flow at a path is trained already.
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
    package func rest(of job: JobPlan.Job, from first: Int, _ progress: RunProgress?) -> Rest {
        if let seconds = progress?.runSeconds { return Rest(seconds: seconds, isLowerBound: false) }
        var rest = Rest(seconds: 0, isLowerBound: false)
        var next = first
        if let progress {
            next = progress.phaseIndex + 1
            rest.seconds = progress.remainingSeconds ?? 0
            rest.isLowerBound = progress.remainingSeconds == nil
        }
        for index in job.cell.recipe.phases.indices.dropFirst(next) {
            if let seconds = seconds(of: index, job.cell.recipe.name) {
                rest.seconds += seconds
            } else {
                rest.isLowerBound = true
            }
        }
        if let cost = predicted[job.cell.recipe.name] { rest.seconds += cost.surroundings.seconds }
        return rest
    }

    /// What a phase of a recipe takes: what it took, else as predicted and corrected by what finished cells took; nil
    /// where nobody knows.
    private func seconds(of phase: Int, _ recipe: String) -> Double? {
        if let phases = known[recipe], phases.indices.contains(phase) { return phases[phase] }
        guard let cost = predicted[recipe], cost.phases.indices.contains(phase) else { return nil }
        return cost.phases[phase].time.map { correction * $0.seconds }
    }

    /// What the training of finished cells took, as a multiple of what was predicted for it.
    private var correction: Double {
        let pairs = known.flatMap { recipe, phases in
            zip(phases, predicted[recipe]?.phases ?? []).map { ($0, $1.training?.seconds ?? 0) }
        }
        let (taken, expected) = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        return taken > 0 && expected > 0 ? taken / expected : 1
    }
}
