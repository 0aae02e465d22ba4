import System

/// What a recipe may set about its data, beside source and directory.
public struct DatasetOptions: Sendable, Equatable {
    /// Chooses the test share and the order of own images, and draws synthetic images.
    public var seed: UInt64 = 1
    /// Side of the square images of sources that have no size of their own, in pixels.
    public var size = 32
    /// 1 or 3; nil for the source's own (Fashion-MNIST 1, others 3).
    public var channels: Int?
    /// SVHN: also read `extra_32x32.mat`, as unlabelled training images.
    public var extra = false
    /// Own images without a test part: the share, or instead the number, of images kept for testing.
    public var testShare = 0.2
    public var testCount: Int?
    /// Synthetic: classes and images.
    public var classes = 10
    public var syntheticTrain = 64
    public var syntheticTest = 64

    public init() {}
}

/// Reads one kind of data: what a source of images has to offer, and all it takes to add one beside its case of
/// ``DatasetSource``.
public protocol DatasetReader {
    /// Training and test images of a file or folder.
    /// - Throws: `UserError(.missing)` saying which file to get and how, `UserError(.data)` for a damaged one,
    ///   `UserError(.recipe)` for settings the source does not have.
    static func load(_ path: String, _ options: DatasetOptions) throws(UserError) -> DataPair
    /// What a file or folder holds, without decoding all of it.
    /// - Throws: `UserError` as `load` does.
    static func inspect(_ path: String) throws(UserError) -> DatasetInspection
}

/// The sources of images a recipe can name.
public enum DatasetSource: String, Sendable, CaseIterable, Encodable {
    case svhn
    case fashionMNIST = "fashion-mnist"
    case cifar10
    case imageFolder = "image-folder"
    case csv
    case npz
    case synthetic

    /// What reads it; nil for images that are generated.
    var reader: (any DatasetReader.Type)? {
        switch self {
        case .svhn: SVHN.self
        case .fashionMNIST: FashionMNIST.self
        case .cifar10: CIFAR10.self
        case .imageFolder: ImageFolder.self
        case .csv: LabelFile.self
        case .npz: NumPyImages.self
        case .synthetic: nil
        }
    }

    /// Whether images take the side that a recipe asks for; those of other sources have their own.
    public var isResized: Bool { [.imageFolder, .csv, .npz, .synthetic].contains(self) }

    /// Whether images can be had in colour and in grey.
    public var hasChannels: Bool { isResized || self == .fashionMNIST }

    /// Whether a share of the images is kept for testing where none are given.
    public var keepsTestShare: Bool { [.imageFolder, .csv, .npz].contains(self) }

    /// - Throws: `UserError(.recipe)` listing the sources when `name` is none of them.
    public init(named name: String) throws(UserError) {
        guard let source = DatasetSource(rawValue: name) else {
            throw UserError(
                .recipe, "`\(name)` is not a data source",
                advice: "use one of " + Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = source
    }

    /// The source that the files at `path` look like: a folder that is nothing else is one of pictures.
    /// - Throws: `UserError(.missing)` when it cannot be looked at, `UserError(.data)` for a file of no source.
    public init(recognizing path: String) throws(UserError) {
        let isFolder = Files.isFolder(path)
        let names = isFolder ? try Files.list(path) : [Files.split(path).name]
        func has(_ test: (String) -> Bool) -> Bool { names.contains(where: test) }
        if has({ ["train_32x32.mat", "test_32x32.mat"].contains($0) }) {
            self = .svhn
        } else if has({ $0.hasPrefix("train-images-idx3-ubyte") || $0.hasPrefix("t10k-images-idx3-ubyte") }) {
            self = .fashionMNIST
        } else if has({ ["cifar-10-batches-bin", "data_batch_1.bin", "test_batch.bin"].contains($0) }) {
            self = .cifar10
        } else if has({ isFolder ? $0 == "labels.csv" : $0.lowercased().hasSuffix(".csv") }) {
            self = .csv
        } else if has({ $0.hasSuffix(".npz") || $0.hasSuffix(".npy") }) {
            self = .npz
        } else if isFolder {
            self = .imageFolder
        } else {
            _ = try Files.read(path, limit: 1)
            throw UserError(
                .data, "is no data to train on", at: path,
                advice:
                    "name a folder of pictures, a labels.csv, an .npz file, or the folder of a known data set"
            )
        }
    }

    /// Reads training and test images. `synthetic` ignores the directory.
    /// - Throws: `UserError` as ``DatasetReader`` does.
    public func load(
        directory: String, options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        guard hasChannels || options.channels ?? 3 == 3 else {
            throw UserError(.recipe, "\(rawValue) images have 3 channels", advice: "leave out `channels`")
        }
        guard let reader else { return try options.synthetic.load() }
        if isResized { try options.checkSizes(of: rawValue) }
        return try reader.load(directory, options)
    }
}

extension DataPair {
    /// `DatasetSource(named: source).load(directory:options:)`.
    /// - Throws: `UserError` as that call does.
    public static func load(
        source: String, directory: String, options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        try DatasetSource(named: source).load(directory: directory, options: options)
    }
}

extension DatasetOptions {
    fileprivate var synthetic: SyntheticImages {
        var images = SyntheticImages()
        (images.classes, images.size, images.channels, images.seed) = (classes, size, channels ?? 3, seed)
        (images.trainCount, images.testCount) = (syntheticTrain, syntheticTest)
        return images
    }
}
