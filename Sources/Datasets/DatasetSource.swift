import Tensors

/// What a recipe may set about its data, beside source and directory.
public struct DatasetOptions: Sendable, Equatable {
    /// Chooses the test share of an image folder and draws synthetic images.
    public var seed: UInt64 = 1
    /// Side of image-folder and synthetic images, in pixels.
    public var size = 32
    /// 1 or 3; nil for the source's own (Fashion-MNIST 1, others 3).
    public var channels: Int?
    /// SVHN: also read `extra_32x32.mat`, as unlabelled training images.
    public var extra = false
    /// Image folder without a folder `test`: the share, or instead the number, of images kept for testing.
    public var testShare = 0.2
    public var testCount: Int?
    /// Synthetic: classes and images.
    public var classes = 10
    public var syntheticTrain = 64
    public var syntheticTest = 64

    public init() {}
}

/// The sources of images a recipe can name.
public enum DatasetSource: String, Sendable, CaseIterable {
    case svhn
    case fashionMNIST = "fashion-mnist"
    case cifar10
    case imageFolder = "image-folder"
    case synthetic

    /// - Throws: `UserError(.recipe)` listing the sources when `name` is none of them.
    public init(named name: String) throws(UserError) {
        guard let source = DatasetSource(rawValue: name) else {
            throw UserError(
                .recipe, "`\(name)` is not a data source",
                advice: "use one of " + Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = source
    }

    /// Reads training and test images. `synthetic` ignores the directory.
    /// - Throws: `UserError(.missing)` saying which file to get and how, `UserError(.data)` for a damaged one,
    ///   `UserError(.recipe)` for settings the source does not have.
    public func load(
        directory: String, options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        switch self {
        case .svhn:
            try requireRGB(options)
            return try SVHN.load(directory: directory, extra: options.extra)
        case .fashionMNIST:
            return try FashionMNIST.load(directory: directory, channels: options.channels ?? 1)
        case .cifar10:
            try requireRGB(options)
            return try CIFAR10.load(directory: directory)
        case .imageFolder:
            return try options.imageFolder.load(directory)
        case .synthetic:
            return try options.synthetic.load()
        }
    }

    private func requireRGB(_ options: DatasetOptions) throws(UserError) {
        guard options.channels ?? 3 == 3 else {
            throw UserError(.recipe, "\(rawValue) images have 3 channels", advice: "leave out `channels`")
        }
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
    fileprivate var imageFolder: ImageFolder {
        var folder = ImageFolder()
        (folder.size, folder.channels, folder.seed) = (size, channels ?? 3, seed)
        (folder.testShare, folder.testCount) = (testShare, testCount)
        return folder
    }

    fileprivate var synthetic: SyntheticImages {
        var images = SyntheticImages()
        (images.classes, images.size, images.channels, images.seed) = (classes, size, channels ?? 3, seed)
        (images.trainCount, images.testCount) = (syntheticTrain, syntheticTest)
        return images
    }
}
