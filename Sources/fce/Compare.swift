import ArgumentParser
import Reports

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether one recipe errs less than another on the same test images.",
        discussion: """
            Example:
              fce compare Runs/fashion-mnist-demo --against Runs/fashion-mnist-demo-supervised

            Prints the difference of the test errors with its 95 % interval by a paired
            bootstrap over test images; an interval that excludes 0 tells the recipes
            apart. Seeds of a recipe are pooled.
            """)

    @Argument(help: "Runs of one recipe: run directories, result.json files, or folders of them.")
    var runs: [String]

    @Option(parsing: .upToNextOption, help: "Runs of the other recipe.")
    var against: [String]

    @OptionGroup var images: ScoredImages

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if against.isEmpty { throw ValidationError("Name the runs to compare with after --against.") }
    }

    func run() throws {
        let comparison = try RunComparison(
            try images.results(at: runs), against: try images.results(at: against))
        if json { try Console.printJSON(comparison) } else { print(comparison.text) }
    }
}
