import ArgumentParser
import Datasets
import EnergyModels
import Reports
import Runs
import System
import Training

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Classes and densities of images.",
        discussion: """
            Examples:
              fce predict Runs/svhn10k-500-fce/seed-1 house.jpg
              fce predict Runs/svhn10k-500-fce/seed-1 photos --csv > classes.csv
              fce predict Runs/svhn10k-500-fce/seed-1 Data/svhn10k/test_32x32.mat --json

              find photos -name '*.jpg' | fce predict Runs/svhn10k-500-fce/seed-1 -

            A file is a JPEG, PNG, BMP or WebP picture (WebP needs the package libwebp7),
            an SVHN .mat file, an IDX file of 28x28 images, compressed or not, or a NumPy
            .npz or .npy file of uint8 images; which of them is told by its content. Of a
            folder all pictures are taken, those of the folders in it too. A file `-`
            stands for names on standard input, one a line, or ended by zero bytes as by
            `find -print0`.

            A picture is turned as its Exif block says; its largest centred square is
            resized to the model's size. What is transparent is blended with black, value
            by value: half-transparent white becomes 128. A PNG that states a gamma is
            brought to that of sRGB; colour profiles (ICC) are not applied.

            Columns:
              image        the file, followed by #INDEX from 0 in a file of many images;
                           bytes that no terminal can show are written as in `caf\\xE9`
              predicted    the most probable class, counted from 0
              class        its name
              probability  p(y|x) of that class; in CSV also p0, p1, … of each
              log_p        log p(x) in nats, normalised by c only (`fce eval`: log Z)
              log_ratio    log p(x) - log q(x) in nats; below 0 where q is larger

            JSON has image, predicted, className, probability, probabilities, logP and
            logRatio; what the run has no model for, or is not finite, is null.

            All are evaluated at the centres of the bytes' bins, x = v/256 - 0.5 +
            1/512, without noise. Columns that the run has no model for are empty.
            """)

    @OptionGroup var runArgument: RunArgument

    @Argument(
        help:
            "Images: pictures, .mat, IDX or NumPy files, folders of pictures, or - for names on standard input.",
        completion: .file())
    var files: [String]

    @Flag(help: "Print comma-separated values with a header.")
    var csv = false

    @Flag(help: "Print a JSON array.")
    var json = false

    @Option(help: "Use the weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @OptionGroup var threadOptions: ThreadOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if csv && json { throw ValidationError("Give --csv or --json, not both.") }
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("Give - once.") }
    }

    func run() throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        output.describe(run)
        var paths: [String] = []
        for file in try files.flatMap({ $0 == "-" ? try Self.namesOnStandardInput() : [$0] }) {
            let found = try ImageFile.paths(at: file)
            Console.warn(found.notices)
            paths += found.paths
        }
        let scores = try run.scores(ofFiles: paths)
        if json {
            try Console.printJSON(scores)
        } else if csv {
            printCSV(scores, classes: run.recipe.energy.classes)
        } else {
            printTable(scores)
        }
    }

    private static func namesOnStandardInput() throws -> [String] {
        let bytes = try Files.readStandardInput()
        let end: UInt8 = bytes.contains(0) ? 0 : UInt8(ascii: "\n")
        let names = bytes.split(separator: end).map { PathText.text(of: $0) }
        guard !names.isEmpty else {
            throw UserError(.missing, "standard input names no images", advice: "write one name a line")
        }
        return names
    }

    private static let columns = ["image", "predicted", "class", "probability", "log_p", "log_ratio"]

    private func printCSV(_ scores: [ImageScore], classes: Int) {
        let names = (0..<classes).map { "p\($0)" }
        print((Self.columns + names).joined(separator: ","))
        for score in scores {
            let probabilities =
                score.probabilities.isEmpty
                ? names.map { _ in "" } : score.probabilities.map(\.description)
            let cells = [
                csvQuoted(score.image), score.predicted.map(String.init) ?? "",
                csvQuoted(PathText.printable(score.className ?? "")),
                score.probability?.description ?? "", score.logP?.description ?? "",
                score.logRatio?.description ?? "",
            ]
            print((cells + probabilities).joined(separator: ","))
        }
    }

    private func printTable(_ scores: [ImageScore]) {
        let rows = scores.map { score in
            [
                score.image, score.predicted.map(String.init) ?? "–",
                PathText.printable(score.className ?? "–"),
                fixed(score.probability.map(Double.init), 4), fixed(score.logP, 1),
                fixed(score.logRatio, 2),
            ]
        }
        Console.printTable(Self.columns, rows)
    }
}
