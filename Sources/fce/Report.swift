import ArgumentParser
import Datasets
import Reports
import Runs
import System
import Training

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One self-contained HTML page about a run, finished or not, or about several.",
        discussion: """
            Examples:
              fce report Runs/svhn10k-500-fce/seed-1
              fce report Runs/svhn10k-500-fce/seed-1 --out fce.html
              fce report Runs/svhn10k-500-fce
              fce report Runs/svhn10k-* --out svhn10k.html
              fce report Runs/2d-* --figure densities.svg

            Of a run: test error with its 95 % interval, confusion, mistakes with their file
            names, calibration, densities and other images (`fce eval --ood`), samples,
            curves, settings. A sentence under each chart says what good looks like. The
            page loads nothing and stays below 5 MB. Its script sorts tables, hides series and
            tells the values of curves; without it everything is there all the same.

            Of several runs, or of folders of runs and result.json files: the table of
            methods with mean ± sd over seeds, what sets them apart from the paper, test error
            against the number of labels where it varies, and of the run directories among
            them errors by class, reliability, curves with the range over seeds, and gates.

            A run in the plane also gets samples/figure1.svg, data and densities side by
            side, or with classes samples/figure5.svg, its densities over the updates.
            --figure puts the first of several runs, of one density or many, under each other
            and writes no page.
            """)

    @Argument(help: "A run directory; or several, or folders of them.", completion: .directory)
    var runs: [String]

    @Option(
        help: ArgumentHelp(
            "The page to write; by default report.html in the folder, if there is one only.",
            valueName: "file"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Write only the picture of the densities of runs in the plane, a row a run.", valueName: "file"))
    var figure: String?

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    func run() throws {
        let folders = runs.flatMap(ResultFiles.runs)
        if let figure {
            try densityFigure(folders.map { try ReportContent($0) }).write(to: figure)
            return print(figure)
        }
        if runs.count == 1, let run = folders.first, run.path == RunFiles(path: runs[0]).path {
            return try RunReport.write(run, page: out, testImages: try testImages(run)).forEach { print($0) }
        }
        guard let page = out ?? (runs.count == 1 ? RunFiles(path: runs[0]).file("report.html") : nil) else {
            throw ValidationError("A page about several folders needs a name: give --out.")
        }
        var content = try ComparisonContent(paths: runs)
        content.classNames = try folders.first.flatMap(classNames) ?? []
        try ComparisonReport(content).write(to: page)
        print(page)
    }

    private func classNames(_ files: RunFiles) throws -> [String]? {
        try files.header().classNames ?? testImages(files)?.classNames
    }

    /// Without its data a report has no thumbnails, and reports of old runs have no class names.
    private func testImages(_ files: RunFiles) throws -> ImageDataset? {
        do {
            let recipe = try files.recipe()
            return try ExperimentData(try data.map(recipe.readingData(in:)) ?? recipe).test as? ImageDataset
        } catch let error as UserError where error.kind == .missing && data == nil {
            Console.warn(["without the test images: \(error)"])
            return nil
        }
    }
}
