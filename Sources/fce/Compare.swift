import ArgumentParser
import Reports

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether one recipe errs less than another on the same test images.",
        discussion: """
            Examples:
              fce compare Runs/fashion-mnist-demo --against Runs/fashion-mnist-demo-supervised
              fce compare Runs/A/seed-1 Runs/A/seed-2 --against Runs/B/seed-1 Runs/B/seed-2

            Prints the difference of the test errors, that of each seed, and two 95 % intervals.
            The first is over seeds and test images: only where it excludes 0, with five seeds
            or more, does it say which recipe errs less. Seeds are paired where both recipes
            have the same. The second takes these trainings as given and resamples the test
            images alone.
            """)

    @Argument(help: "Runs of one recipe: run directories, result.json files, or folders of them.")
    var runs: [String]

    @Option(parsing: .upToNextOption, help: "Runs of the other recipe.")
    var against: [String] = []

    @OptionGroup var images: ScoredImages

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if against.isEmpty {
            throw ValidationError(
                "Name the runs to compare with after --against, as in `fce compare RUN --against RUN`; "
                    + "`--` does not separate them.")
        }
    }

    func run() throws {
        let comparison = try RunComparison(
            try images.results(at: runs), against: try images.results(at: against))
        if json { try Console.printJSON(comparison) } else { print(comparison.text) }
    }
}
