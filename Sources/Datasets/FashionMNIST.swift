import System

/// Fashion-MNIST (Xiao, Rasul, Vollgraf, arXiv:1708.07747), 28×28 grey, padded with zeros to 32×32.
public enum FashionMNIST: DatasetReader {
    /// The folder into which Debian's package `dataset-fashion-mnist` puts the files.
    public static let debianDirectory = "/usr/share/datasets/fashion-mnist"
    public static let classNames = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]
    private static let padded = 32

    /// Reads the four official IDX files of a folder, gzip-compressed or not; `options.channels` is 1, or 3 to repeat
    /// the grey value.
    /// - Throws: `UserError(.missing)` or `UserError(.data)`.
    public static func load(
        _ path: String = debianDirectory, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        let (directory, channels) = (Files.folder(of: path), options.channels ?? 1)
        @Sendable func part(_ prefix: String, _ name: String) throws(UserError) -> ImageDataset {
            let images = try find("\(prefix)-images-idx3-ubyte", in: directory)
            let labels = try find("\(prefix)-labels-idx1-ubyte", in: directory)
            return try decode(
                images: try Files.read(images), imageFile: images, labels: try Files.read(labels),
                labelFile: labels, name: "fashion-mnist \(name)", channels: channels)
        }
        let (train, test) = try Parallel.both { () throws(UserError) in
            try part("train", "train")
        } _: { () throws(UserError) in
            try part("t10k", "test")
        }
        return DataPair(train: train, test: test)
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        let directory = Files.folder(of: path)
        func labels(_ prefix: String) throws(UserError) -> [Int] {
            _ = try find("\(prefix)-images-idx3-ubyte", in: directory)
            let file = try find("\(prefix)-labels-idx1-ubyte", in: directory)
            return try Self.labels(try Files.read(file), file: file)
        }
        return DatasetInspection(
            .fashionMNIST, directory, classNames: classNames, train: try labels("train"),
            test: try labels("t10k"),
            size: padded, isGrey: true)
    }

    private static func labels(_ bytes: [UInt8], file: String) throws(UserError) -> [Int] {
        let labels = try IDX(bytes, rank: 1, file: file).bytes
        guard labels.allSatisfy({ $0 < classNames.count }) else {
            throw .damaged(file, "holds other labels than 0...9")
        }
        return labels.map(Int.init)
    }

    static func decode(
        images: [UInt8], imageFile: String, labels: [UInt8], labelFile: String, name: String, channels: Int
    ) throws(UserError) -> ImageDataset {
        guard channels == 1 || channels == 3 else {
            throw UserError(
                .recipe, "fashion-mnist has no form with \(channels) channels", advice: "use 1 or 3")
        }
        let pictures = try decodeImages(images, file: imageFile, channels: channels)
        let classes = try self.labels(labels, file: labelFile)
        let count = pictures.pixels.count / (padded * padded * channels)
        guard classes.count == count else {
            throw .damaged(labelFile, "holds \(classes.count) labels for \(count) images")
        }
        return ImageDataset(
            name: name, height: padded, width: padded, channels: channels, classNames: classNames,
            pixels: pictures.pixels, labels: classes)
    }

    /// The padded images of an IDX file, `[N, 32, 32, channels]`, and their side.
    static func decodeImages(
        _ bytes: [UInt8], file: String, channels: Int
    ) throws(UserError) -> (pixels: [UInt8], size: Int) {
        let pictures = try IDX(bytes, rank: 3, file: file)
        let (height, width) = (pictures.dimensions[1], pictures.dimensions[2])
        guard height == 28, width == 28 else {
            throw .damaged(file, "has images of \(height)x\(width), not 28x28")
        }
        return (pad(pictures, channels: channels), padded)
    }

    /// `[N, h, w]` centred in `[N, 32, 32, channels]`.
    private static func pad(_ pictures: IDX, channels: Int) -> [UInt8] {
        let (count, height, width) = (pictures.dimensions[0], pictures.dimensions[1], pictures.dimensions[2])
        var pixels = [UInt8](repeating: 0, count: count * padded * padded * channels)
        for line in 0..<count * height {
            let (image, row) = line.quotientAndRemainder(dividingBy: height)
            let place = (image * padded + (padded - height) / 2 + row) * padded + (padded - width) / 2
            let numbers = pictures.bytes[line * width..<(line + 1) * width]
            pixels.replaceSubrange(
                place * channels..<(place + width) * channels,
                with: channels == 1
                    ? numbers : ArraySlice(numbers.flatMap { Array(repeating: $0, count: channels) }))
        }
        return pixels
    }

    private static func find(_ name: String, in directory: String) throws(UserError) -> String {
        for path in ["\(directory)/\(name).gz", "\(directory)/\(name)"] where try Files.find(path) {
            return path
        }
        throw UserError(
            .missing, "is missing", at: "\(directory)/\(name).gz",
            advice: "run `apt-get install dataset-fashion-mnist` and use \(debianDirectory)")
    }
}
