import System

/// Street View House Numbers, cropped digits (Netzer et al., NIPS workshop 2011): 32×32 RGB, 10 classes.
public enum SVHN: DatasetReader {
    static let origin = "http://ufldl.stanford.edu/housenumbers/"
    static let train = OfficialFile(
        name: "train_32x32.mat", bytes: "182,040,794", md5: "e26dedcc434d2e4c54c9b2d4a06d8373", origin: origin
    )
    static let test = OfficialFile(
        name: "test_32x32.mat", bytes: "64,275,384", md5: "eb5a983be6a315427106f1b164d9cef3", origin: origin)
    static let extra = OfficialFile(
        name: "extra_32x32.mat", bytes: "1,329,278,602", md5: "a93ce644f1a588dc4d68dda5feec44a7",
        origin: origin)

    private static let side = 32
    private static let channels = 3
    private static let classNames = (0...9).map(String.init)

    /// `train_32x32.mat` and `test_32x32.mat` of a folder, and with `options.extra` the images of `extra_32x32.mat` as
    /// unlabelled training images.
    /// - Throws: `UserError(.missing)` naming the official file, `UserError(.data)` for a damaged one.
    public static func load(
        _ path: String, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        let directory = Files.folder(of: path)
        let trainPath = try find(train, in: directory)
        let testPath = try find(test, in: directory)
        var (images, test) = try Parallel.both { () throws(UserError) in
            try read(trainPath, name: "svhn train")
        } _: { () throws(UserError) in
            try read(testPath, name: "svhn test")
        }
        if options.extra {
            images = images.appendingUnlabelled(
                try read(try Self.extra.find(in: directory), name: "svhn extra"))
        }
        return DataPair(train: images, test: test)
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        let directory = Files.folder(of: path)
        func labels(_ part: OfficialFile) throws(UserError) -> [Int] {
            let file = try find(part, in: directory)
            let labels = try MatlabFile.read(try Files.read(file), names: ["y"], file: file)["y"]
            guard let labels else { throw .damaged(file, "lacks the variable y of SVHN's cropped digits") }
            return try digits(labels, count: labels.count, file: file)
        }
        return DatasetInspection(
            .svhn, directory, classNames: classNames, train: try labels(train), test: try labels(test),
            size: side)
    }

    /// The official file, or the part of SVHN-10k that has its name.
    private static func find(_ file: OfficialFile, in directory: String) throws(UserError) -> String {
        let isSmall = directory.split(separator: "/").last?.lowercased().contains("10k") ?? false
        return try file.find(in: directory, advice: isSmall ? SVHN10k.advice(directory) : nil)
    }

    /// One `.mat` file: `X` uint8 `[32, 32, 3, N]` and `y` `[N, 1]`, where 10 stands for the digit 0.
    /// - Throws: `UserError(.missing)` or `UserError(.data)`.
    public static func read(_ path: String, name: String) throws(UserError) -> ImageDataset {
        try decode(try Files.read(path), file: path, name: name)
    }

    static func decode(_ bytes: [UInt8], file: String, name: String) throws(UserError) -> ImageDataset {
        let arrays = try MatlabFile.read(bytes, names: ["X", "y"], file: file)
        guard let images = arrays["X"], let labels = arrays["y"] else {
            throw .damaged(file, "lacks the variables X and y of SVHN's cropped digits")
        }
        let count = images.dimensions.last ?? 0
        guard images.dimensions == [side, side, channels, count], images.storage == .uint8, count > 0 else {
            throw .damaged(file, "has X \(images.dimensions) of \(images.storage), not uint8 [32, 32, 3, N]")
        }
        let digits = try Self.digits(labels, count: count, file: file)
        return ImageDataset(
            name: name, height: side, width: side, channels: channels, classNames: classNames,
            pixels: transposed(images.bytes), labels: digits)
    }

    private static func digits(_ labels: MatlabArray, count: Int, file: String) throws(UserError) -> [Int] {
        guard labels.count == count, let values = labels.integers(), values.allSatisfy((1...10).contains)
        else {
            throw .damaged(
                file, "has y \(labels.dimensions), not one label 1...10 for each of \(count) images")
        }
        return values.map { $0 % 10 }
    }

    /// Column-major `[32, 32, 3, N]` (row fastest) to `[N, 32, 32, 3]`, image by image in place.
    private static func transposed(_ stored: consuming [UInt8]) -> [UInt8] {
        permuteImages(stored) { row, column, channel in
            (from: row + side * (column + side * channel), to: channel + channels * (column + side * row))
        }
    }

    /// `[N, 32, 32, 3]` to MATLAB's column-major `[32, 32, 3, N]`.
    static func columnMajor(_ pixels: consuming [UInt8]) -> [UInt8] {
        permuteImages(pixels) { row, column, channel in
            (from: channel + channels * (column + side * row), to: row + side * (column + side * channel))
        }
    }

    private static func permuteImages(
        _ pixels: consuming [UInt8],
        _ move: (_ row: Int, _ column: Int, _ channel: Int) -> (from: Int, to: Int)
    ) -> [UInt8] {
        let size = side * side * channels
        var source = [Int](repeating: 0, count: size)
        for row in 0..<side {
            for column in 0..<side {
                for channel in 0..<channels {
                    let (from, to) = move(row, column, channel)
                    source[to] = from
                }
            }
        }
        var pixels = pixels
        pixels.withUnsafeMutableBufferPointer { pixels in
            var image = [UInt8](repeating: 0, count: size)
            for start in stride(from: 0, to: pixels.count, by: size) {
                for i in 0..<size { image[i] = pixels[start + source[i]] }
                for i in 0..<size { pixels[start + i] = image[i] }
            }
        }
        return pixels
    }
}
