import ArgumentParser
import Foundation
import Runs
import System
import Tensors

/// The command line: parses, runs a subcommand, and turns errors into one line and an exit code.
@main
struct FCE: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fce",
        abstract: "Train energy-based models against a flow, by Flow Contrastive Estimation.",
        discussion: """
            A recipe says what to train; a run directory holds everything about one training of it.

              fce init Photos                             a first recipe for your own images
              fce train Recipes/fashion-mnist/demo.toml   train, test, write a report
              fce eval Runs/fashion-mnist-demo/seed-1     all scores of a run
              fce table Runs/svhn10k-500-*                results beside the paper's
              fce reproduce TABLE --jobs 2                all recipes and seeds of a table
              fce watch Runs/svhn10k-500-fce              what runs are doing
              fce doctor                                  what this machine gives

            Exit codes:
              0    done
              64   the command line is not understood
              65   a file's content is wrong: truncated or of another format
              66   a file or folder is missing or unreadable
              69   cells of a table failed; the others have their results
              70   training diverged: a loss is not finite, the flow is destroyed
              71   the machine has not the memory that is asked for
              74   writing failed: full disk, no permission
              75   another process trains in the run directory
              78   the recipe is wrong, or the run directory does not fit it
              129  stopped by SIGHUP (a closed terminal) after a checkpoint: use --resume
              130  stopped by SIGINT (Ctrl-C) after a checkpoint: use --resume
              143  stopped by SIGTERM after a checkpoint: use --resume
            """,
        version: Experiment.tool,
        subcommands: [
            Init.self, Train.self, Reproduce.self, Watch.self, Evaluate.self, Predict.self, Sample.self,
            Export.self, Probe.self, FeaturesCommand.self,
            Table.self, Compare.self, Variance.self, Gradients.self, Report.self,
            RecipeCommand.self, DataCommand.self, Doctor.self, Bench.self,
        ])

    static func main() {
        IdleThreads.sleepEarly()
        let arguments = Array(Console.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            try Console.finish()
        } catch let error as UserError {
            Console.error("fce: error: \(error)")
            Self.exit(withError: ExitCode(error.kind.rawValue))
        } catch {
            exit(for: error, of: arguments)
        }
    }

    /// Ends as the library does, but for a command line that is not understood in one line, as for all errors.
    private static func exit(for error: any Error, of arguments: [String]) -> Never {
        guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
        let what = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        let sentence = what.hasSuffix(".") ? String(what.dropLast()) : what
        Console.error("fce: error: \(sentence) (see `\(commandName(in: arguments)) --help`)")
        exit(withError: ExitCode.validationFailure)
    }

    /// The command that `arguments` begin with, such as `fce recipe check`.
    private static func commandName(in arguments: [String]) -> String {
        var (command, names): (any ParsableCommand.Type, [String]) = (FCE.self, [FCE._commandName])
        for argument in arguments {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument })
            else { break }
            (command, names) = (next, names + [argument])
        }
        return names.joined(separator: " ")
    }
}
