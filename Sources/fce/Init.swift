import ArgumentParser
import Costs
import Datasets
import Methods
import Recipes
import Reports
import System
import Training

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Look at your own images and write a first recipe for them.",
        discussion: """
            Examples:
              fce init Photos
              fce init Photos --size 64 --out photos-64.toml
              fce init labels.csv --method supervised
              fce init images.npy labels.npy

            A folder holds pictures (JPEG, PNG, BMP, WebP), one folder a class:
              Photos/CLASS/*.jpg                       a fifth of every class is kept for testing
              Photos/train/CLASS, Photos/test/CLASS    with Photos/val/CLASS if you like
              Photos/unlabelled/*.jpg                  images without a label, beside either
              Photos/*.jpg                             no classes: a density is learnt
            A labels.csv has the columns path and label; an .npz or .npy file has arrays of
            images and labels. SVHN, Fashion-MNIST (or MNIST) and CIFAR-10 are known by
            their files.

            The recipe chooses its size, method, held-out images and lengths by what is
            there, and says why in its comments. Training with it takes minutes for some
            hundred images. It is a start: change it as you like.

            Methods: fce-vat where there are images without a label, vat where all have one,
            fce without classes. --method takes one of these, supervised, or flow.
            """)

    @Argument(help: "A folder of images, or the files of a data set.", completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("The recipe to write; by default NAME.toml here.", valueName: "file.toml"))
    var out: String?

    @Option(help: "Side of the images in pixels; by default chosen by the images.")
    var size: Int?

    @Option(help: "One of \(StartingChoices.methods.map(\.name).joined(separator: ", ")).")
    var method: StartingMethod?

    @Flag(help: "Replace a recipe that is there already.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Measure this machine's speed to predict the time.")
    var measure = true

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if let out, !out.hasSuffix(".toml") { throw ValidationError("The name of a recipe ends in .toml.") }
    }

    func run() throws {
        let place = try StartingPath(paths)
        let file = out ?? "\(place.name).toml"
        guard force || !Files.exists(file) else {
            throw UserError(
                .output, "is there already", at: file,
                advice: "choose another --out, or replace it with --force")
        }
        let wishes = StartingChoices.Wishes(size: size, method: method?.method)
        let starting = try StartingRecipe(at: place, wishes, file: file)
        let cost = try measure ? cost(of: starting) : nil
        try starting.write(to: file)
        let record = InitRecord(starting, file: file, cost: cost)
        if json { try Console.printJSON(record) } else { record.printText() }
    }

    private func cost(of starting: StartingRecipe) throws -> CostRecord {
        let estimator = CostEstimator(threads: threadOptions.threads) {
            Console.error("measuring how fast this machine trains")
        }
        let parts = starting.choices.parts
        let size = DataSize(train: parts.train + parts.heldOut, test: parts.test)
        let cost = try estimator.cost(of: starting.recipe, size)
        return CostRecord(
            CheckedCosts.Of(
                value: cost, total: cost.total, operations: cost.operations, basis: estimator.basis,
                missing: nil))
    }
}

/// A method on the command line.
struct StartingMethod: ExpressibleByArgument {
    let method: Method

    init?(argument: String) {
        guard let method = Method(named: argument), StartingChoices.methods.contains(method) else {
            return nil
        }
        self.method = method
    }
}
