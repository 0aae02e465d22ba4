import Tensors

/// JPEG and PNG files in folders, one folder a class, resized and centre-cropped to one size.
///
/// Layouts: `train/CLASS/*.jpg` and `test/CLASS/*.jpg`; or `CLASS/*.jpg` alone, a share of each class kept for
/// testing; or `*.jpg` alone, without classes. Images of a folder `unlabelled`, at the top or in `train`, join the
/// training set without a label. Both sets are shuffled.
public struct ImageFolder: Sendable {
    /// Side of the square images, in pixels.
    public var size = 32
    /// 3, or 1 for grey.
    public var channels = 3
    /// Share of the images kept for testing when there is no folder `test`.
    public var testShare = 0.2
    /// Number of images kept for testing, instead of `testShare`.
    public var testCount: Int?
    /// Chooses the images kept for testing, and the order of all.
    public var seed: UInt64 = 1

    private static let unlabelled = "unlabelled"

    public init() {}

    /// A file and its class, −1 without one.
    private struct Entry {
        let path: String
        let label: Int
    }

    /// Reads the folder.
    /// - Throws: `UserError(.missing)` when it holds no images, `UserError(.data)` naming the first file that is no
    ///   sound picture, `UserError(.recipe)` for impossible settings.
    public func load(_ directory: String) throws(UserError) -> DataPair {
        try checkSettings()
        let inTrain = Files.isFolder("\(directory)/train")
        let root = inTrain ? "\(directory)/train" : directory
        let names = try classNames(root)
        var train = try labelled(root, names)
        guard !train.isEmpty else {
            throw UserError(
                .missing, "holds no JPEG or PNG images", at: root,
                advice: "put them in one folder a class: CLASS/*.jpg")
        }
        var test: [Entry]
        if Files.isFolder("\(directory)/test") {
            test = try labelled("\(directory)/test", names)
        } else {
            (train, test) = try divide(train, classes: names.count, at: root)
        }
        for folder in Set(["\(directory)/\(Self.unlabelled)", "\(root)/\(Self.unlabelled)"]).sorted()
        where Files.isFolder(folder) {
            train += try images(folder).map { Entry(path: $0, label: ImageDataset.unlabelled) }
        }
        return DataPair(
            train: try decode(shuffled(train, lane: 0), names, "image-folder train"),
            test: try decode(shuffled(test, lane: 1), names, "image-folder test"))
    }

    private func checkSettings() throws(UserError) {
        guard (1...1024).contains(size), channels == 1 || channels == 3, (0..<1).contains(testShare),
            testCount ?? 0 >= 0
        else {
            throw UserError(
                .recipe,
                "image-folder cannot make \(size)x\(size)x\(channels) images with test share \(testShare)",
                advice: "use a size in 1...1024, 1 or 3 channels, and a share in 0..<1")
        }
    }

    private func classNames(_ root: String) throws(UserError) -> [String] {
        try Files.list(root).filter {
            !["train", "test", Self.unlabelled].contains($0) && Files.isFolder("\(root)/\($0)")
        }
    }

    /// All images of the class folders, or, without any, those of `root` itself, unlabelled.
    private func labelled(_ root: String, _ names: [String]) throws(UserError) -> [Entry] {
        let entries = try entries(root, names)
        guard !entries.isEmpty else {
            throw UserError(
                .missing, "holds no JPEG or PNG images", at: root,
                advice: "put them in one folder a class: CLASS/*.jpg")
        }
        return entries
    }

    private func entries(_ root: String, _ names: [String]) throws(UserError) -> [Entry] {
        if names.isEmpty {
            return try Files.list(root).filter(Picture.isNamed)
                .map { Entry(path: "\(root)/\($0)", label: ImageDataset.unlabelled) }
        }
        for name in try classNames(root) where !names.contains(name) {
            throw UserError(
                .data, "is a class that the training images lack", at: "\(root)/\(name)",
                advice: "rename the folder")
        }
        var entries: [Entry] = []
        for (label, name) in names.enumerated() where Files.isFolder("\(root)/\(name)") {
            entries += try images("\(root)/\(name)").map { Entry(path: $0, label: label) }
        }
        return entries
    }

    private func images(_ folder: String) throws(UserError) -> [String] {
        let names = try Files.list(folder)
        if let other = names.first(where: { !Picture.isNamed($0) }) {
            throw UserError(
                .data, "is not a .jpg, .jpeg or .png file", at: "\(folder)/\(other)",
                advice: "convert or remove it"
            )
        }
        return names.map { "\(folder)/\($0)" }
    }

    /// Keeps images of every class, in proportion, for testing.
    private func divide(
        _ all: [Entry], classes: Int, at root: String
    ) throws(UserError) -> (train: [Entry], test: [Entry]) {
        let groups = (classes == 0 ? [ImageDataset.unlabelled] : Array(0..<classes)).map { label in
            all.indices.filter { all[$0].label == label }
        }
        let count = testCount ?? Int((testShare * Double(all.count)).rounded())
        guard count < all.count else {
            throw UserError(
                .recipe, "has \(all.count) images, of which \(count) cannot be for testing", at: root,
                advice: "keep fewer for testing")
        }
        var kept = Set<Int>()
        for (lane, (group, seats)) in zip(groups, apportion(count, among: groups.map(\.count))).enumerated() {
            var stream = RandomStream(
                RandomKey(seed: seed, purpose: .split, step: SplitStep.testShare, lane: lane))
            kept.formUnion(stream.permutation(group.count).prefix(seats).map { group[$0] })
        }
        return (
            all.indices.filter { !kept.contains($0) }.map { all[$0] }, kept.sorted().map { all[$0] }
        )
    }

    /// Folders come class by class; whoever takes the first images of a set wants some of all.
    private func shuffled(_ entries: [Entry], lane: Int) -> [Entry] {
        var stream = RandomStream(
            RandomKey(seed: seed, purpose: .split, step: SplitStep.order, lane: lane))
        return stream.permutation(entries.count).map { entries[$0] }
    }

    private func decode(_ entries: [Entry], _ names: [String], _ name: String) throws(UserError)
        -> ImageDataset
    {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(entries.count * size * size * channels)
        for entry in entries {
            pixels += try Picture.read(entry.path).thumbnail(size: size, channels: channels)
        }
        return ImageDataset(
            name: name, height: size, width: size, channels: channels, classNames: names, pixels: pixels,
            labels: entries.map(\.label))
    }
}
