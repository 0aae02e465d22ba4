import Foundation
import System

/// How jobs of Slurm call `fce`, and what the user asks of Slurm for them.
public struct SlurmSettings: Sendable {
    /// The program, by a path that the nodes know.
    public var program: String
    /// The folder that jobs run in.
    public var folder: String
    /// Threads of a job; nil: as many processors as Slurm gives it.
    public var threads: Int?
    /// Words for `sbatch`, such as `--time=8:00:00`.
    public var options: [String] = []
    /// How often a job goes back into the queue.
    public var restarts = 100

    /// This program in the working directory.
    public init() {
        program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        folder = FileManager.default.currentDirectoryPath
    }

    /// Options of `sbatch` that decide what the table's jobs decide: names and dependencies make a second submission submit
    /// nothing twice.
    private static let ours: [(short: String, long: String)] = [
        ("-J", "job-name"), ("-d", "dependency"), ("-a", "array"), ("-o", "output"), ("-e", "error"),
        ("-D", "chdir"), ("-W", "wait"), ("-M", "clusters"), ("", "open-mode"), ("", "wrap"),
        ("", "parsable"), ("", "test-only"), ("", "comment"), ("", "kill-on-invalid-dep"), ("", "no-requeue"),
    ]

    /// Takes over what follows `--sbatch`: words that spaces separate.
    /// - Throws: `UserError(.recipe)` for an option that is not the user's to set.
    public mutating func add(options text: String) throws(UserError) {
        let words = text.split(separator: " ").map(String.init)
        for word in words {
            let name = word.prefix { $0 != "=" }
            let isOurs = Self.ours.contains { short, long in
                name == "--\(long)" || !short.isEmpty && !word.hasPrefix("--") && word.hasPrefix(short)
            }
            guard !isOurs else {
                throw UserError(
                    .recipe, "\(name) is set for every job of a table, and --sbatch cannot change it",
                    advice: "leave it out")
            }
        }
        options += words
    }

    /// The words of the call that submits a job, which reads its script from standard input.
    ///
    /// - Parameter after: numbers of the jobs that it waits for.
    func call(_ job: SlurmPlan.Job, after: [String]) -> [String] {
        let condition = job.work == .table ? "afterany" : "afterok"
        let dependency = (after.isEmpty ? [] : [([condition] + after).joined(separator: ":")]) + ["singleton"]
        let processors = threads.map { ["--cpus-per-task=\($0)"] } ?? []
        return ["sbatch", "--parsable"] + processors + options + [
            "--job-name=\(job.name)", "--comment=\(job.label)",
            "--dependency=\(dependency.joined(separator: ","))",
            "--kill-on-invalid-dep=yes", "--chdir=\(folder)",
            "--output=\(Files.absolute(job.log).replacing("%", with: "%%"))",
        ]
    }
}

extension SlurmPlan.Job {
    /// The script of the job. What it sets by `#SBATCH`, the environment (`SBATCH_SIGNAL`) and `--sbatch` may change.
    public func script(_ settings: SlurmSettings) -> String {
        let threads = settings.threads.map(String.init) ?? "${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}"
        let call = shellQuoted([settings.program] + command) + (work == .table ? "" : " --threads \(threads)")
        return """
            #!/bin/bash
            #SBATCH --requeue --open-mode=append --signal=B:USR1@180
            # \(label): a job that `fce reproduce --slurm` has submitted.
            #
            # - Before the time limit Slurm sends SIGUSR1 to this shell alone. The shell sends one SIGTERM to fce, which
            #   writes a checkpoint and ends with 143. The job then goes back into the queue under its own number, and jobs
            #   that wait for it go on waiting.
            # - scancel and preemption send SIGTERM to every process of the job, so fce has it already. A second one would
            #   end it without a checkpoint. A job that still counts as running was preempted and goes back into the queue.
            # - 75 says that another process holds the run directory: a node that Slurm took for dead may still compute.
            say() { echo "$(date '+%F %T') job $SLURM_JOB_ID on ${SLURMD_NODENAME:-$(hostname)}: $*"; }
            is_running() { [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ]; }

            time_is_up= told= worker=
            trap 'told=1' TERM
            trap 'time_is_up=1; [ -z "$worker" ] || kill -TERM "$worker"' USR1

            # Over a network it may take a minute until a file of another node shows.
            for file in \(needed.isEmpty ? "" : shellQuoted(needed)); do
                for _ in $(seq 60); do [ -e "$file" ] && break; ls "${file%/*}" >/dev/null 2>&1; sleep 1; done
                [ -e "$file" ] || { say "fce ended with 66"; echo "fce: error: $file: is not there; submit the table again"; exit 66; }
            done

            \(call) &
            worker=$!
            [ -z "$time_is_up$told" ] || kill -TERM "$worker"
            while kill -0 "$worker" 2>/dev/null; do wait "$worker"; done
            wait "$worker"; code=$?
            say "fce ended with $code"

            case $code in
                75) again=1 ;;
                143) again=$time_is_up; [ -z "$told" ] || { is_running && again=1; } ;;
                *) again= ;;
            esac
            if [ -n "$again" ]; then
                if [ "${SLURM_RESTART_COUNT:-0}" -ge \(settings.restarts) ]; then
                    say "it was requeued \(settings.restarts) times: submit the table again to go on"
                elif scontrol requeue "$SLURM_JOB_ID"; then
                    sleep 600 # until Slurm ends this script
                else
                    say "it cannot be requeued here: submit the table again to go on"
                fi
            fi
            exit "$code"

            """
    }
}
