import ArgumentParser
import Datasets
import Experiments
import Reports
import Tensors

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One self-contained HTML page about a run, finished or not.",
        discussion: """
            Examples:
              fce report Runs/svhn10k-500-fce/seed-1
              fce report Runs/svhn10k-500-fce/seed-1 --out fce.html

            Curves, gate, samples, confusion matrix, calibration, energies, hardest
            images. A run in the plane also gets samples/figure5.svg, the densities side
            by side.
            """)

    @OptionGroup var runArgument: RunArgument

    @Option(
        help: ArgumentHelp(
            "The page to write; by default report.html in the run directory.", valueName: "file"))
    var out: String?

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    func run() throws {
        let files = RunFiles(path: runArgument.run)
        for path in try RunReport.write(files, page: out, testImages: try testImages(files)) { print(path) }
    }

    /// Without its data a report has no class names and thumbnails.
    private func testImages(_ files: RunFiles) throws -> ImageDataset? {
        do {
            let recipe = try files.recipe()
            return try ExperimentData(try data.map(recipe.readingData(in:)) ?? recipe).test as? ImageDataset
        } catch let error as UserError where error.kind == .missing && data == nil {
            Console.warn(["without thumbnails and class names: \(error)"])
            return nil
        }
    }
}
