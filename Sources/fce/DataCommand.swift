import ArgumentParser
import Datasets
import Experiments
import Tensors

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Look at data, draw splits, make SVHN-10k.",
        subcommands: [Info.self, DrawSplit.self, MakeSVHN10k.self])

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts, classes, SHA-256, and images that training and test data share.",
            discussion: """
                Examples:
                  fce data info fashion-mnist /usr/share/datasets/fashion-mnist
                  fce data info image-folder Photos --size 64
                """)

        @Argument(help: "One of \(DatasetSource.allCases.map(\.rawValue).joined(separator: ", ")).")
        var source: String

        @Argument(help: "The folder of the data.", completion: .directory)
        var folder: String

        @Option(help: "Side that images of an image folder are resized to, in pixels.")
        var size = 32

        @Flag(help: "Print one JSON object.")
        var json = false

        func validate() throws {
            if !(1...4096).contains(size) { throw ValidationError("--size takes 1 to 4096.") }
        }

        func run() throws {
            var options = DatasetOptions()
            options.size = size
            let data = try DataPair.load(source: source, directory: folder, options: options)
            let facts = DataFacts(data)
            if json { return try Console.printJSON(facts) }
            show(facts.train, "train")
            show(facts.test, "test")
            print("test images that are also training images: \(facts.sharedImages)")
        }

        private func show(_ set: DataFacts.Part, _ name: String) {
            print(
                "\(name): \(set.count) images, \(set.height)x\(set.width)x\(set.channels), SHA-256 \(set.sha256)"
            )
            for (label, count) in set.histogram.enumerated() {
                print("  \(label)  \(set.classNames[label]): \(count)")
            }
            if set.unlabelled > 0 { print("  without a label: \(set.unlabelled)") }
        }
    }

    struct DrawSplit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "split",
            abstract: "Write the labelled, unlabelled and held-out images that a recipe would draw.",
            discussion: """
                Example:
                  fce data split Recipes/fashion-mnist/100-fce.toml --seed 1 --out split.json
                """)

        @Argument(help: "The recipe.", completion: .file(extensions: ["toml"]))
        var recipe: String

        @Option(help: "By default the recipe's.")
        var seed: Int?

        @Option(help: ArgumentHelp("The file to write.", valueName: "split.json"))
        var out: String

        @Option(help: ArgumentHelp("Where the data are, in place of data.directory.", valueName: "dir"))
        var data: String?

        func validate() throws {
            if let seed, seed < 0 { throw ValidationError("A seed is at least 0.") }
        }

        func run() throws {
            var recipe = try Recipe.load(recipe)
            if let data { recipe = try recipe.readingData(in: data) }
            recipe.seed = seed ?? recipe.seed
            let split = try ExperimentData(recipe).split
            try split.write(to: out)
            print(
                "\(out): \(split.labelled.count) labelled, \(split.unlabelled.count) unlabelled, "
                    + "\(split.validation.count) held out; \(split.rule)")
        }
    }

    struct MakeSVHN10k: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "svhn10k",
            abstract: "Make SVHN-10k from SVHN's official test_32x32.mat.",
            discussion: """
                Example:
                  fce data svhn10k test_32x32.mat --out Data/svhn10k

                Images 0–6999 of the official file become train_32x32.mat, 7000–8999
                test_32x32.mat.
                """)

        @Argument(help: "The official test_32x32.mat.", completion: .file(extensions: ["mat"]))
        var file: String

        @Option(help: ArgumentHelp("The folder to write to.", valueName: "dir"))
        var out: String

        func run() throws {
            for path in try SVHN10k.make(from: file, in: out) { print(path) }
        }
    }
}

/// What `fce data info` says of training and test images.
struct DataFacts: Encodable {
    struct Part: Encodable {
        let count, height, width, channels: Int
        let sha256: String
        let classNames: [String]
        /// Labelled images by class.
        let histogram: [Int]
        let unlabelled: Int

        init(_ set: ImageDataset) {
            (count, height, width, channels) = (set.count, set.height, set.width, set.channels)
            (sha256, classNames, histogram) = (set.sha256, set.classNames, set.histogram)
            unlabelled = set.count - set.histogram.reduce(0, +)
        }
    }

    let train: Part
    let test: Part
    /// Test images that occur byte for byte among the training images.
    let sharedImages: Int

    init(_ data: DataPair) {
        train = Part(data.train)
        test = Part(data.test)
        sharedImages = data.train.sharedImages(with: data.test)
    }
}
