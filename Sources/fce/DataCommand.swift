import ArgumentParser
import Datasets
import Recipes
import Runs
import System
import Training

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Look at data, draw splits, make SVHN-10k.",
        discussion: """
            Sources of images, as `data.source` of a recipe names them, and what `data.directory` is:
              image-folder   a folder of CLASS/*.jpg; or of train/CLASS, test/CLASS and
                             val/CLASS (held out); `unlabelled` beside the classes
              csv            a file with the columns path,label and, if you like, split
                             (train, val, test); paths are relative to it; an empty label
                             is none
              npz            a NumPy file of uint8 images x (N, height, width[, 3]) and
                             labels y; or x_train, y_train, x_val, …; or .npy files
              svhn           the folder of train_32x32.mat and test_32x32.mat
              fashion-mnist  the folder of the four IDX files
              cifar10        the folder of the binary batches

            SVHN is for non-commercial use. Its official files, from
            http://ufldl.stanford.edu/housenumbers/:
              train_32x32.mat  182,040,794 bytes    md5 e26dedcc434d2e4c54c9b2d4a06d8373
              test_32x32.mat   64,275,384 bytes     md5 eb5a983be6a315427106f1b164d9cef3
              extra_32x32.mat  1,329,278,602 bytes  md5 a93ce644f1a588dc4d68dda5feec44a7
            Put the first two in Data/svhn. SVHN-10k is made of the second alone:
              fce data svhn10k test_32x32.mat --out Data/svhn10k

            Fashion-MNIST comes with Debian: apt-get install dataset-fashion-mnist.
            CIFAR-10's cifar-10-binary.tar.gz (170,052,171 bytes, md5
            c32a1d4ab5d03f1284b67883e8d87530) is at
            https://www.cs.toronto.edu/~kriz/cifar.html.

            Names of files may be any bytes. Those that no terminal can show are written
            as in `caf\\xE9`, which is read as well as printed.
            """,
        subcommands: [Info.self, DrawSplit.self, MakeSVHN10k.self])

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts, classes, sizes, SHA-256, and images that training and test data share.",
            discussion: """
                Examples:
                  fce data info Photos --size 64
                  fce data info digits.npz
                  fce data info fashion-mnist /usr/share/datasets/fashion-mnist

                Every image is read, as in training; what is left out is said on standard
                error. Without a SOURCE the files tell which it is.
                """)

        @Argument(
            help: ArgumentHelp(
                "SOURCE and PATH, or PATH alone. Sources: "
                    + DatasetSource.allCases.filter { $0 != .synthetic }.map(\.rawValue).joined(
                        separator: ", ")
                    + ".", valueName: "source-path"),
            completion: .file())
        var words: [String]

        @Option(help: "Side that images without a size of their own are resized to, in pixels.")
        var size = 32

        @Flag(help: "Print one JSON object.")
        var json = false

        func validate() throws {
            if !(1...1024).contains(size) { throw ValidationError("--size takes 1 to 1024.") }
            if !(1...2).contains(words.count) {
                throw ValidationError("Give a SOURCE and a PATH, or a PATH.")
            }
        }

        func run() throws {
            var options = DatasetOptions()
            options.size = size
            let path = words[words.count - 1]
            let named = words.count == 2 ? try DatasetSource(named: words[0]) : nil
            // Generated images are nowhere to be found.
            let found = named == .synthetic ? nil : try DatasetInspection(at: path, source: named)
            let source = found?.source ?? .synthetic
            let data = try source.load(directory: found?.path ?? path, options: options)
            Console.warn(data.notices)
            let facts = DataFacts(data, found)
            if json { return try Console.printJSON(facts) }
            if let found { show(found) }
            show(facts.train, "train")
            show(facts.test, "test")
            print("test images that are also training images: \(facts.sharedImages)")
        }

        private func show(_ found: DatasetInspection) {
            print(
                "\(found.path): \(found.source.rawValue), \(found.classes) \(found.classes == 1 ? "class" : "classes")"
            )
            if let sizes = found.sizes {
                print(
                    "images: \(sizes.width)x\(sizes.height) in the median, shorter sides of \(sizes.smallestSide) to "
                        + "\(sizes.largestSide) pixels, \(sizes.isGrey ? "grey" : "in colour")")
            }
        }

        private func show(_ set: DataFacts.Part, _ name: String) {
            print(
                "\(name): \(set.count) images, \(set.height)x\(set.width)x\(set.channels), SHA-256 \(set.sha256)"
            )
            for (label, count) in set.histogram.enumerated() {
                print("  \(label)  \(set.classNames[label]): \(count)")
            }
            if set.unlabelled > 0 { print("  without a label: \(set.unlabelled)") }
            if set.heldOut > 0 { print("  of these held out by the data: \(set.heldOut)") }
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
                test_32x32.mat. Files that are there already are never replaced.
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
        /// Images that the data themselves hold out.
        let heldOut: Int

        init(_ set: ImageDataset) {
            (count, height, width, channels) = (set.count, set.height, set.width, set.channels)
            (sha256, classNames, histogram) = (set.sha256, set.classNames, set.histogram)
            (unlabelled, heldOut) = (set.count - set.histogram.reduce(0, +), set.heldOut.count)
        }
    }

    /// What was found before anything was decoded.
    let found: DatasetInspection?
    let notices: [String]
    let train: Part
    let test: Part
    /// Test images that occur byte for byte among the training images.
    let sharedImages: Int

    init(_ data: DataPair, _ found: DatasetInspection?) {
        self.found = found
        notices = data.notices
        train = Part(data.train)
        test = Part(data.test)
        sharedImages = data.train.sharedImages(with: data.test)
    }
}
