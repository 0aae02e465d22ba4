import System

/// Images in memory as bytes, with their class labels.
public struct ImageDataset: Sendable {
    /// The label of an image without one.
    public static let unlabelled = -1
    /// No source, and no recipe, has more classes.
    public static let largestClassCount = 1000

    /// What the tool calls this set, such as `svhn train`.
    public let name: String
    public let height: Int
    public let width: Int
    public let channels: Int
    /// One name a class; labels index this list.
    public let classNames: [String]
    /// `[N, H, W, C]`, 0...255.
    public let pixels: [UInt8]
    /// `[N]`: a class in `0..<classes`, or −1 for an unlabelled image.
    public let labels: [Int]
    /// `[N]`: where each image came from, such as `cat/12.jpg`; empty for sources without a file for each image.
    public let files: [String]
    /// Positions of the images that the source itself holds out of training, ascending; most sources have none.
    public let heldOut: [Int]
    /// SHA-256 over geometry, pixels, labels and held-out positions, in hexadecimal: the identity of the data in splits and runs.
    public let sha256: String

    /// Number of classes K.
    public var classes: Int { classNames.count }
    /// Number of images N.
    public var count: Int { labels.count }
    /// Numbers in one image: H·W·C.
    public var imageSize: Int { height * width * channels }

    /// Takes over `pixels` (`[N, H, W, C]`), `labels` (`[N]`) and the ascending positions `heldOut`, and hashes them.
    public init(
        name: String, height: Int, width: Int, channels: Int, classNames: [String], pixels: [UInt8],
        labels: [Int], files: [String] = [], heldOut: [Int] = []
    ) {
        precondition(height > 0 && width > 0 && channels > 0)
        precondition(pixels.count == labels.count * height * width * channels)
        precondition(files.isEmpty || files.count == labels.count)
        precondition(labels.allSatisfy { $0 >= Self.unlabelled && $0 < classNames.count })
        precondition(heldOut.first ?? 0 >= 0 && heldOut.last ?? -1 < labels.count)
        precondition(zip(heldOut, heldOut.dropFirst()).allSatisfy { $0 < $1 })
        self.name = name
        self.height = height
        self.width = width
        self.channels = channels
        self.classNames = classNames
        self.pixels = pixels
        self.labels = labels
        self.files = files
        self.heldOut = heldOut
        var hash = SHA256()
        let geometry = "\(labels.count)x\(height)x\(width)x\(channels) in \(classNames.count) classes\n"
        hash.update(geometry.utf8)
        hash.update(pixels)
        // Little-endian 16-bit labels; −1 becomes 0xFFFF.
        hash.update(labels.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        if !heldOut.isEmpty { hash.update("held out: \(heldOut)\n".utf8) }
        sha256 = hash.hex()
    }

    /// The bytes of image `index`: `[H, W, C]`.
    public func image(_ index: Int) -> ArraySlice<UInt8> {
        pixels[index * imageSize..<(index + 1) * imageSize]
    }

    /// How many images each class has: `[K]`; unlabelled images are not counted.
    public var histogram: [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels where label >= 0 { counts[label] += 1 }
        return counts
    }

    /// The images at `indices`, in that order.
    public func subset(_ indices: some Sequence<Int>, name: String) -> ImageDataset {
        var chosen: [UInt8] = []
        var chosenLabels: [Int] = []
        var chosenFiles: [String] = []
        var chosenHeldOut: [Int] = []
        let isHeldOut = Set(heldOut)
        for index in indices {
            if isHeldOut.contains(index) { chosenHeldOut.append(chosenLabels.count) }
            chosen += image(index)
            chosenLabels.append(labels[index])
            if !files.isEmpty { chosenFiles.append(files[index]) }
        }
        return ImageDataset(
            name: name, height: height, width: width, channels: channels, classNames: classNames,
            pixels: chosen, labels: chosenLabels, files: chosenFiles, heldOut: chosenHeldOut)
    }

    /// These images followed by `other`'s with their labels; geometries and classes must agree.
    public func appending(_ other: ImageDataset) -> ImageDataset {
        precondition((height, width, channels) == (other.height, other.width, other.channels))
        precondition(classNames == other.classNames)
        return ImageDataset(
            name: name, height: height, width: width, channels: channels, classNames: classNames,
            pixels: pixels + other.pixels, labels: labels + other.labels)
    }

    /// These images followed by `other`'s, all of those unlabelled; the geometries must agree.
    public func appendingUnlabelled(_ other: ImageDataset) -> ImageDataset {
        precondition((height, width, channels) == (other.height, other.width, other.channels))
        let unlabelled = [Int](repeating: Self.unlabelled, count: other.count)
        return ImageDataset(
            name: name, height: height, width: width, channels: channels, classNames: classNames,
            pixels: pixels + other.pixels, labels: labels + unlabelled,
            files: files.isEmpty || other.files.isEmpty ? [] : files + other.files, heldOut: heldOut)
    }

    /// How many images of `other` occur, byte for byte, among these: a leak between training and test sets.
    public func sharedImages(with other: ImageDataset) -> Int {
        guard (height, width, channels) == (other.height, other.width, other.channels) else { return 0 }
        let own = Set((0..<count).map(image))
        return (0..<other.count).count { own.contains(other.image($0)) }
    }
}

/// A training set and the test set that goes with it: the same geometry and classes.
public struct DataPair: Sendable {
    /// Unlabelled images, where the source has any, are among these with label −1.
    public let train: ImageDataset
    public let test: ImageDataset
    /// What a user should know about the data, one line each: what was left out, or is read in another way than it lies
    /// there.
    public let notices: [String]

    public init(train: ImageDataset, test: ImageDataset, notices: [String] = []) {
        precondition(train.classNames == test.classNames)
        precondition(
            (train.height, train.width, train.channels) == (test.height, test.width, test.channels))
        self.train = train
        self.test = test
        self.notices = notices
    }
}
