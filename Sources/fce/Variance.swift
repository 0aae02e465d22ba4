import ArgumentParser
import Reports

struct Variance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How much of the spread over seeds comes from split, initialisation and flow.",
        discussion: """
            Examples:
              fce reproduce Recipes/svhn10k/table-seeds.toml
              fce variance Results/svhn10k-table-seeds

            Takes runs that differ only in data.split-seed (which images are labelled), seed
            (initialisation and batches) and flow.seed, every combination once. Prints the
            variance components of the test error by analysis of variance.
            """)

    @Argument(help: "Run directories, result.json files, or folders of them.", completion: .directory)
    var runs: [String]

    @OptionGroup var images: ScoredImages

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let variance = try SeedVariance(try images.results(at: runs))
        if json { try Console.printJSON(variance) } else { print(variance.markdown, terminator: "") }
    }
}
