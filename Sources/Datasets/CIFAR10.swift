import Tensors

/// CIFAR-10 (Krizhevsky, 2009), binary version: 32×32 RGB, 10 classes.
public enum CIFAR10 {
    public static let classNames = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]
    static let archive = OfficialFile(
        name: "cifar-10-binary.tar.gz", bytes: "170,052,171", md5: "c32a1d4ab5d03f1284b67883e8d87530",
        origin: "www.cs.toronto.edu/~kriz/cifar.html")
    private static let side = 32
    private static let plane = side * side
    /// One label, then the red, green and blue planes.
    static let recordSize = 1 + 3 * plane

    /// `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin` of `directory`, or of the folder
    /// `cifar-10-batches-bin` in it.
    /// - Throws: `UserError(.missing)` naming the official archive, `UserError(.data)` for a damaged file.
    public static func load(directory: String) throws(UserError) -> DataPair {
        let unpacked = "\(directory)/cifar-10-batches-bin"
        let folder = Files.isFolder(unpacked) ? unpacked : directory
        return DataPair(
            train: try read((1...5).map { "\(folder)/data_batch_\($0).bin" }, name: "cifar10 train"),
            test: try read(["\(folder)/test_batch.bin"], name: "cifar10 test"))
    }

    private static func read(_ paths: [String], name: String) throws(UserError) -> ImageDataset {
        var pixels: [UInt8] = []
        var labels: [Int] = []
        for path in paths {
            guard Files.exists(path) else {
                throw UserError(
                    .missing, "is missing", at: path,
                    advice: "get \(archive.name) (\(archive.bytes) bytes, md5 \(archive.md5)) from "
                        + "\(archive.origin) and unpack it there")
            }
            try append(try Files.read(path), file: path, to: &pixels, &labels)
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
        guard !bytes.isEmpty, bytes.count % recordSize == 0 else {
            throw .damaged(file, "has \(bytes.count) bytes, not a multiple of CIFAR-10's \(recordSize)")
        }
        pixels.reserveCapacity(pixels.count + bytes.count)
        for start in stride(from: 0, to: bytes.count, by: recordSize) {
            guard bytes[start] < classNames.count else {
                throw .damaged(file, "has label \(bytes[start]) in record \(start / recordSize), not 0...9")
            }
            labels.append(Int(bytes[start]))
            for i in start + 1..<start + 1 + plane {
                pixels.append(bytes[i])
                pixels.append(bytes[i + plane])
                pixels.append(bytes[i + 2 * plane])
            }
        }
    }
}
