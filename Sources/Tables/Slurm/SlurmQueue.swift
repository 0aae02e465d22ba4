import Foundation
import System

/// What Slurm has of the user's jobs that are not over, by their names. It asks `squeue`, so that it needs no accounting
/// database.
public struct SlurmQueue: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        /// The job's number.
        public let id: String
        /// Such as `RUNNING`.
        public let state: String
        /// The nodes that it runs on; empty before it does.
        public let nodes: String
        /// Why it waits, such as `Dependency`.
        public let reason: String
    }

    private let entries: [String: Entry]
    /// The queue of somebody who has submitted nothing.
    public static let empty = SlurmQueue("")
    private static let advice = "call it where jobs are submitted, on a cluster with Slurm"

    /// - Throws: `UserError(.missing)` without `squeue`, `.incomplete` where it does not answer.
    public init() throws(UserError) {
        let words = [
            "squeue", "--noheader", "--user=\(getuid())", "--format=%i|%T|%N|%r|%j",
        ]
        let answer = try Program(words, advice: Self.advice)
        guard answer.status == 0 else {
            throw .slurm("squeue", answer, "wait until Slurm answers, then repeat the command")
        }
        self.init(answer.out)
    }

    /// From lines of `ID|STATE|NODES|REASON|NAME`. Jobs that are over but for their end are left out.
    init(_ text: String) {
        entries = text.split(separator: "\n").reduce(into: [:]) { entries, line in
            let parts = line.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 5, parts[1] != "COMPLETING" else { return }
            // A second job of the same name waits for the first, which is listed before it or runs.
            if let known = entries[parts[4]], known.state == "RUNNING" || parts[1] != "RUNNING" { return }
            entries[parts[4]] = Entry(id: parts[0], state: parts[1], nodes: parts[2], reason: parts[3])
        }
    }

    public subscript(_ job: SlurmPlan.Job) -> Entry? { entries[job.name] }

    /// Submits a job.
    /// - Returns: its number.
    /// - Throws: `UserError(.missing)` without `sbatch`, `.incomplete` with its words where it refuses.
    static func submit(_ job: SlurmPlan.Job, after: [String], _ settings: SlurmSettings) throws(UserError)
        -> String
    {
        let answer = try Program(
            settings.call(job, after: after), input: job.script(settings), advice: advice)
        // With several clusters the number is followed by a name.
        let id = answer.out.split(whereSeparator: \.isNewline).last?.split(separator: ";").first
        guard answer.status == 0, let id, Int(id) != nil else {
            throw .slurm(
                "sbatch", answer,
                "change --sbatch or wait, then repeat the command; what is submitted is not submitted again")
        }
        return String(id)
    }
}

extension UserError {
    fileprivate static func slurm(_ program: String, _ answer: Program, _ advice: String) -> UserError {
        let lines = answer.err.split(whereSeparator: \.isNewline)
        return UserError(
            .incomplete,
            "\(program) refuses: \(lines.first.map(String.init) ?? "exit code \(answer.status)")",
            advice: advice)
    }
}
