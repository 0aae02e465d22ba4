import System

/// CIFAR-10 (Krizhevsky, 2009), binary version: 32×32 RGB, 10 classes.
public enum CIFAR10: DatasetReader {
    public static let classNames = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]
    static let archive = OfficialFile(
        name: "cifar-10-binary.tar.gz", bytes: "170,052,171", md5: "c32a1d4ab5d03f1284b67883e8d87530",
        origin: "https://www.cs.toronto.edu/~kriz/cifar.html")
    private static let side = 32
    private static let plane = side * side
    /// One label, then the red, green and blue planes.
    static let recordSize = 1 + 3 * plane

    /// `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin` of a folder, or of the folder `cifar-10-batches-bin`
    /// in it.
    /// - Throws: `UserError(.missing)` naming the official archive, `UserError(.data)` for a damaged file.
    public static func load(
        _ path: String, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        let (train, test) = batches(path)
        let (training, testing) = try Parallel.both { () throws(UserError) in
            try read(train, name: "cifar10 train")
        } _: { () throws(UserError) in
            try read(test, name: "cifar10 test")
        }
        return DataPair(train: training, test: testing)
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        let (train, test) = batches(path)
        func labels(_ files: [String]) throws(UserError) -> [Int] {
            var labels: [Int] = []
            for file in files { labels += try Self.labels(try bytes(file), file: file) }
            return labels
        }
        return DatasetInspection(
            .cifar10, Files.folder(of: path), classNames: classNames, train: try labels(train),
            test: try labels(test), size: side)
    }

    private static func batches(_ path: String) -> (train: [String], test: [String]) {
        let directory = Files.folder(of: path)
        let unpacked = "\(directory)/cifar-10-batches-bin"
        let folder = Files.isFolder(unpacked) ? unpacked : directory
        return ((1...5).map { "\(folder)/data_batch_\($0).bin" }, ["\(folder)/test_batch.bin"])
    }

    private static func bytes(_ path: String) throws(UserError) -> [UInt8] {
        guard try Files.find(path) else {
            throw UserError(
                .missing, "is missing", at: path, advice: "get \(archive.description) and unpack it there")
        }
        return try Files.read(path)
    }

    private static func read(_ paths: [String], name: String) throws(UserError) -> ImageDataset {
        var pixels: [UInt8] = []
        var labels: [Int] = []
        for path in paths {
            try append(try bytes(path), file: path, to: &pixels, &labels)
        }
        return dataset(name, pixels, labels)
    }

    static func decode(_ bytes: [UInt8], file: String, name: String) throws(UserError) -> ImageDataset {
        var pixels: [UInt8] = []
        var labels: [Int] = []
        try append(bytes, file: file, to: &pixels, &labels)
        return dataset(name, pixels, labels)
    }

    private static func dataset(_ name: String, _ pixels: [UInt8], _ labels: [Int]) -> ImageDataset {
        ImageDataset(
            name: name, height: side, width: side, channels: 3, classNames: classNames, pixels: pixels,
            labels: labels)
    }

    private static func append(
        _ bytes: [UInt8], file: String, to pixels: inout [UInt8], _ labels: inout [Int]
    ) throws(UserError) {
        labels += try self.labels(bytes, file: file)
        pixels.reserveCapacity(pixels.count + bytes.count)
        for start in stride(from: 0, to: bytes.count, by: recordSize) {
            for i in start + 1..<start + 1 + plane {
                pixels.append(bytes[i])
                pixels.append(bytes[i + plane])
                pixels.append(bytes[i + 2 * plane])
            }
        }
    }

    /// Decodes whole records.
    private static func labels(_ bytes: [UInt8], file: String) throws(UserError) -> [Int] {
        guard !bytes.isEmpty, bytes.count % recordSize == 0 else {
            throw .damaged(file, "has \(bytes.count) bytes, not a multiple of CIFAR-10's \(recordSize)")
        }
        let labels = stride(from: 0, to: bytes.count, by: recordSize).map { Int(bytes[$0]) }
        guard let wrong = labels.firstIndex(where: { $0 >= classNames.count }) else { return labels }
        throw .damaged(file, "has label \(labels[wrong]) in record \(wrong), not 0...9")
    }
}
