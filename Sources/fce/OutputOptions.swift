import ArgumentParser
import Datasets
import Runs
import Training

/// `--quiet` and `--verbose`, as every command that runs long takes them.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print warnings and results only.")
    var quiet = false

    @Flag(help: "Print also what is done: weights, machine, data, and each line of metrics.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("Give --quiet or --verbose, not both.") }
    }

    /// Says on standard error what the numbers come from.
    func describe(_ run: LoadedRun, _ data: ExperimentData? = nil) {
        guard verbose else { return }
        for (name, value) in run.summary { Console.error("\(name): \(value)") }
        if let data {
            Console.error("data: \(data.name), \(data.test.count) test examples")
        }
    }
}
