import System

/// The jobs of a plan as they are in the queue after a submission.
public struct SlurmSubmission: Sendable {
    public struct Submitted: Sendable {
        public let job: SlurmPlan.Job
        /// Its number.
        public let id: String
        /// Whether it was submitted now; else it was in the queue.
        public let isNew: Bool
    }

    public private(set) var jobs: [Submitted] = []

    /// Submits the jobs of `plan` that `queue` has not.
    ///
    /// - Parameters:
    ///   - plan: in an order in which each job follows those that it waits for.
    ///   - queue: what was submitted before.
    ///   - settings: how jobs call `fce`.
    ///   - told: hears of each job.
    /// - Throws: `UserError` where `sbatch` refuses; the jobs before stay submitted.
    public init(
        _ plan: SlurmPlan, _ queue: SlurmQueue, _ settings: SlurmSettings,
        told: (Submitted) -> Void = { _ in }
    ) throws {
        for job in plan.jobs {
            try Files.makeFolder(Files.split(job.log).folder, advice: "choose another --runs")
            // A table that waits already does not wait for jobs that are new.
            let isKnown = job.work != .table || !jobs.contains(where: \.isNew)
            let known = isKnown ? queue[job]?.id : nil
            let id = try known ?? SlurmQueue.submit(job, after: job.after.map { jobs[$0].id }, settings)
            let submitted = Submitted(job: job, id: id, isNew: known == nil)
            jobs.append(submitted)
            told(submitted)
        }
    }
}

extension SlurmPlan {
    /// The submission of all jobs as a script of a shell.
    public func shellScript(_ settings: SlurmSettings) -> String {
        let parts = jobs.enumerated().map { index, job in
            // The numbers of the jobs before are variables of the shell.
            let words = settings.call(job, after: job.after.map { "${job\($0)}" }).map { word in
                word.hasPrefix("--dependency=") ? word : shellQuoted([word])
            }.joined(separator: " ")
            return "# \(job.label)\njob\(index)=$(\(words) <<'END'\n\(job.script(settings))END\n)\n"
        }
        return "#!/bin/sh\nset -e\nmkdir -p \(shellQuoted(folders))\n\n" + parts.joined(separator: "\n")
    }

    private var folders: [String] {
        jobs.map { Files.split($0.log).folder }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
