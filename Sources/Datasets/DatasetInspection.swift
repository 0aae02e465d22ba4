import System

/// What a path holds, found without decoding all of it.
public struct DatasetInspection: Sendable, Equatable, Encodable {
    /// Images of one part of the data.
    public struct Part: Sendable, Equatable, Encodable {
        /// Labelled images by class: `[K]`.
        public let histogram: [Int]
        public let unlabelled: Int

        public var labelled: Int { histogram.reduce(0, +) }
        public var count: Int { labelled + unlabelled }

        package init(histogram: [Int], unlabelled: Int) {
            (self.histogram, self.unlabelled) = (histogram, unlabelled)
        }

        init(_ labels: some Sequence<Int>, classes: Int) {
            var (histogram, unlabelled) = ([Int](repeating: 0, count: classes), 0)
            for label in labels {
                if label < 0 { unlabelled += 1 } else { histogram[label] += 1 }
            }
            (self.histogram, self.unlabelled) = (histogram, unlabelled)
        }
    }

    public let source: DatasetSource
    /// What `data.directory` of a recipe names.
    public let path: String
    public let classNames: [String]
    /// Training images without the held-out ones.
    public let train: Part
    /// Images that the data themselves hold out; a recipe for them has `data.validation = 0`.
    public let heldOut: Part
    /// nil where the data have no test images: a recipe keeps `data.test-share` of the labelled ones, or `data.test`.
    public let test: Part?
    /// What the usual share keeps to test on where ``test`` is nil: of each class `[K]`, or, without classes, of all `[1]`.
    public let keptForTest: [Int]
    /// nil where no image says its size.
    public let sizes: ImageSizes?
    /// What a user should know, one line each: what is left out, or read in another way than it lies there.
    public let notices: [String]

    /// Number of classes K.
    public var classes: Int { classNames.count }

    /// Looks at `path` as `source`, or as what its files look like.
    /// - Throws: `UserError` as the reader of the source does.
    public init(at path: String, source: DatasetSource? = nil) throws(UserError) {
        guard let source else {
            try self.init(at: path, source: DatasetSource(recognizing: path))
            return
        }
        guard let reader = source.reader else {
            throw UserError(
                .recipe, "\(source.rawValue) images are generated", advice: "name a source of files")
        }
        self = try reader.inspect(path)
    }

    init<Item>(_ source: DatasetSource, _ path: String, of catalogue: Catalogue<Item>, sizes: ImageSizes?) {
        let classes = catalogue.classNames.count
        self.source = source
        self.path = path
        classNames = catalogue.classNames
        let unlabelled = catalogue.unlabelled.map { _ in ImageDataset.unlabelled }
        train = Part(catalogue.train.map(\.label) + unlabelled, classes: classes)
        heldOut = Part(catalogue.heldOut.map(\.label), classes: classes)
        test = catalogue.test.map { Part($0.map(\.label), classes: classes) }
        let divided = Part(catalogue.train.map(\.label), classes: classes)
        keptForTest = Self.kept(classes == 0 ? [divided.unlabelled] : divided.histogram)
        self.sizes = sizes
        notices = catalogue.notices
    }

    /// Of pictures in files, whose sizes a sample of at most 256 tells.
    init(_ source: DatasetSource, _ path: String, of catalogue: Catalogue<String>) {
        let pictures = catalogue.train.map(\.item) + catalogue.unlabelled
        self.init(source, path, of: catalogue, sizes: ImageSizes(pictures: pictures))
    }

    /// Of images that lie nowhere.
    package init(
        source: DatasetSource, path: String, classNames: [String], train: Part, heldOut: Part, test: Part?,
        sizes: ImageSizes?
    ) {
        (self.source, self.path, self.classNames) = (source, path, classNames)
        (self.train, self.heldOut, self.test, self.sizes) = (train, heldOut, test, sizes)
        keptForTest = Self.kept(classNames.isEmpty ? [train.unlabelled] : train.histogram)
        notices = []
    }

    private static func kept(_ sizes: [Int]) -> [Int] {
        testSeats(Int((DatasetOptions().testShare * Double(sizes.reduce(0, +))).rounded()), among: sizes)
    }

    /// Of images of one size.
    init(
        _ source: DatasetSource, _ path: String, classNames: [String], train: [Int], test: [Int], size: Int,
        isGrey: Bool = false
    ) {
        self.source = source
        self.path = path
        self.classNames = classNames
        self.train = Part(train, classes: classNames.count)
        heldOut = Part([], classes: classNames.count)
        self.test = Part(test, classes: classNames.count)
        keptForTest = classNames.map { _ in 0 }
        sizes = ImageSizes(sides: [(size, size)], isGrey: isGrey)
        notices = []
    }
}

/// How large images are.
public struct ImageSizes: Sendable, Equatable, Encodable {
    /// Medians, in pixels.
    public let width: Int
    public let height: Int
    /// The smallest and the largest of the images' shorter sides, which become the side of the square.
    public let smallestSide: Int
    public let largestSide: Int
    /// Whether no image has colours, so that `channels = 1` loses nothing.
    public let isGrey: Bool

    /// Nil without any.
    package init?(sides: [(width: Int, height: Int)], isGrey: Bool) {
        let shorter = sides.map { min($0.width, $0.height) }
        guard let smallest = shorter.min(), let largest = shorter.max() else { return nil }
        width = sides.map(\.width).sorted()[sides.count / 2]
        height = sides.map(\.height).sorted()[sides.count / 2]
        (smallestSide, largestSide, self.isGrey) = (smallest, largest, isGrey)
    }

    /// Of at most 256 of these files, spread evenly, whose first bytes are read; of those that are no pictures nothing.
    init?(pictures: [String]) {
        let count = min(256, pictures.count)
        let headers = (0..<count).compactMap { index -> PictureHeader? in
            let path = pictures[index * pictures.count / count]
            return (try? Files.read(path, limit: 1 << 18)).flatMap(PictureHeader.init)
        }.filter { $0.width > 0 && $0.height > 0 }
        self.init(sides: headers.map(\.size), isGrey: headers.allSatisfy(\.isGrey))
    }
}
