import Datasets
import Flows
import Schemas

/// `[data]`: which images or points, and how many of them are labelled.
public struct DataSettings: Sendable, Equatable {
    public enum Source: String, CaseIterable, Sendable {
        /// `train_32x32.mat` and `test_32x32.mat`.
        case svhn
        /// Four `.gz` files in the IDX format of MNIST.
        case fashionMNIST = "fashion-mnist"
        /// CIFAR-10's binary batches.
        case cifar10
        /// Pictures, one folder per class.
        case imageFolder = "image-folder"
        /// Pictures named by a CSV file with the columns path and label.
        case csv
        /// NumPy arrays of images and labels.
        case npz
        /// A two-dimensional density.
        case plane
        /// A few generated images: what `--smoke` uses without data.
        case synthetic

        /// The reader of such images; nil for points.
        public var images: DatasetSource? { DatasetSource(rawValue: rawValue) }

        /// The sources of images that have a property.
        package static func those(_ property: (DatasetSource) -> Bool) -> [Source] {
            allCases.filter { $0.images.map(property) ?? false }
        }
    }

    public var source: Source
    /// Names the data in tables; by default the source.
    public var name: String
    /// The folder of the files, relative to the working directory.
    public var directory: String
    /// Labelled images in all, the same number of each class; 0: none.
    public var labels = 0
    /// Every training image that is not held out is labelled; ``labels`` is then 0.
    public var allLabels = false
    /// Training images held out to choose settings by.
    public var validation = 1000
    public var unlabelledIncludesLabelled = true
    /// SVHN's `extra_32x32.mat` as further unlabelled images.
    public var extra = false
    /// Side of the square images, in pixels.
    public var size = 32
    public var channels = 3
    public var density = PlaneDensity.twoSpirals
    /// Draws the labelled and the held-out images; 0: the run's seed draws the labelled ones, the flow's the held-out ones.
    public var splitSeed = 0
    /// Draws the points; 0: the flow's.
    public var seed = 0
    /// Training examples to use, or, of a density, to draw; 0: all.
    public var train = 0
    public var test = 0
    /// Share kept for testing of data without a test part.
    public var testShare = 0.2
    /// Test images join the training images, and nothing is tested: what `--final` sets.
    public var final = false
    /// Most images of each class, of a part of the data; 0: all of the data. What `--smoke` sets.
    public var excerpt = 0

    /// Whether any image is labelled.
    public var hasLabels: Bool { labels > 0 || allLabels }

    /// The defaults of a source.
    public init(source: Source) {
        self.source = source
        name = source.rawValue
        directory = source == .fashionMNIST ? FashionMNIST.debianDirectory : "Data/\(source.rawValue)"
        switch source {
        case .fashionMNIST: channels = 1
        case .plane: (directory, train, test, validation) = ("", 10000, 2000, 0)
        case .synthetic: (directory, train, test, validation) = ("", 64, 64, 0)
        case .csv: directory = "Data/labels.csv"
        case .npz: directory = "Data/images.npz"
        case .svhn, .cifar10, .imageFolder: break
        }
    }
}

extension DataSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<DataSettings>([
        .variant("source", \.source, "the format of the data", defaults: DataSettings.init).required(),
        .text("name", \.name, "name of the data in tables"),
        .text("directory", \.directory, "the folder of its files, or the .csv or .npz file (--data)")
            .when(\.source, "source", anyOf: DataSettings.Source.those { $0 != .synthetic }),
        .integer("labels", \.labels, .atLeast(0), "labelled images in all, equally many of each class"),
        .flag("all-labels", \.allLabels, "every training image that is not held out is labelled"),
        .integer("validation", \.validation, .atLeast(0), "training images held out"),
        .flag(
            "unlabelled-includes-labelled", \.unlabelledIncludesLabelled,
            "labelled images are among the unlabelled ones too"),
        .integer(
            "split-seed", \.splitSeed, .between(0, FlowSettings.largestSeed),
            "draws the labelled and the held-out images; 0: the labelled ones follow seed, the held-out ones flow.seed"
        )
        .later(\.splitSeed, default: 0),
        .flag("extra", \.extra, "SVHN's extra images as unlabelled ones").when(\.source, "source", .svhn),
        .integer("size", \.size, .between(8, 256), "side of the square images in pixels")
            .when(\.source, "source", anyOf: DataSettings.Source.those(\.isResized)),
        .integer("channels", \.channels, .between(1, 3), "colour channels, 1 or 3")
            .when(\.source, "source", anyOf: DataSettings.Source.those(\.hasChannels)),
        .choice("density", \.density, "the density from which points are drawn").when(
            \.source, "source", .plane),
        .integer(
            "seed", \.seed, .between(0, FlowSettings.largestSeed), "draws the points; 0: the flow's seed"
        )
        .when(\.source, "source", .plane),
        .integer(
            "train", \.train, .atLeast(0),
            "training examples, beside those that the data hold out themselves; 0: all of them"),
        .integer("test", \.test, .atLeast(0), "test examples; 0: all of them"),
        .number(
            "test-share", \.testShare, .between(0, 1), "share kept for testing where no test images are given"
        )
        .when(\.source, "source", anyOf: DataSettings.Source.those(\.keepsTestShare)),
        .flag("final", \.final, "train on the test images too and test on nothing (--final)")
            .unwritten(where: .boolean(false)),
        .integer(
            "excerpt", \.excerpt, .atLeast(0),
            "most images of each class, of a part of the data (--smoke); 0: all of the data"
        )
        .unwritten(where: .integer(0)),
    ])
}
