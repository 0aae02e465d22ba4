import ArgumentParser
import System
import Tables

/// How `fce reproduce` gives the cells of a table to a cluster.
struct SlurmOptions: ParsableArguments {
    @Flag(help: "Submit the cells as jobs of Slurm in place of training them here.")
    var slurm = false

    @Option(
        name: .customLong("sbatch"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Options of sbatch for every job, such as \"--time=8:00:00 --cpus-per-task=16 --mem=8G\".",
            valueName: "options"))
    var options: [String] = []

    @Flag(help: "With --slurm: show the jobs until all are over, then print the table.")
    var wait = false

    @Flag(help: "With --slurm: print the jobs as a shell script and submit nothing.")
    var dryRun = false

    func validate() throws {
        if !slurm && (wait || dryRun || !options.isEmpty) {
            throw ValidationError("--sbatch, --wait and --dry-run belong to --slurm.")
        }
        if wait && dryRun { throw ValidationError("Give --wait or --dry-run, not both.") }
    }

    /// - Throws: `UserError(.recipe)` for an option of sbatch that is not the user's to set.
    func settings(threads: Int?) throws -> SlurmSettings {
        var settings = SlurmSettings()
        settings.threads = threads
        for text in options { try settings.add(options: text) }
        return settings
    }
}
