import Datasets
import Foundation
import System

extension FuzzTarget {
    /// Files of images and labels.
    static let data: [FuzzTarget] = [
        images("matlab", "digits.mat", longest: 16384, bytesPerByte: 4 * expansion),
        images("idx", "images-idx3-ubyte", bytesPerByte: 16),
        images("gzip", "images-idx3-ubyte.gz", bytesPerByte: 8 * expansion),
        FuzzTarget("idx-labels", file: "labels", bytesPerByte: 32) { path in
            try inFolder(of: path, idxFolder) { folder in _ = try FashionMNIST.inspect(folder) }
        },
        FuzzTarget("cifar10", file: "data", longest: 16384, bytesPerByte: 128) { path in
            try inFolder(of: path, cifarFolder) { folder in _ = try CIFAR10.load(folder) }
        },
        // 1,024 pixels of libjpeg's coefficients, of the picture and of its turned copy.
        images("jpeg", "picture.jpg", fixedBytes: 4 << 20, bytesPerByte: 1024 * 24),
        // 8 pixels for each byte that deflate gives, four bytes of colour and their blended copy.
        images("png", "picture.png", longest: 1024, fixedBytes: 4 << 20, bytesPerByte: 8 * expansion * 16),
        images("bmp", "picture.bmp", longest: 8192, bytesPerByte: 128),
        // A lossless file may say "64 megapixels of one colour" in thirty bytes.
        images("webp", "picture.webp", longest: 1024, fixedBytes: 1 << 30, bytesPerByte: 1024),
        images("npz", "images.npz", bytesPerByte: 8 * expansion),
        images("npy", "x.npy", bytesPerByte: 64),
        FuzzTarget("labels-csv", file: "labels.csv", bytesPerByte: 4096) { path in
            _ = try LabelFile.inspect(path)
        },
        FuzzTarget("split", file: "split.json", bytesPerByte: 4096) { path in
            _ = try Split(contentsOf: path)
        },
    ]

    /// The most that deflate makes of a byte.
    private static let expansion = 1032

    private static func images(
        _ name: String, _ file: String, longest: Int = 4096, fixedBytes: Int = 1 << 20, bytesPerByte: Int
    ) -> FuzzTarget {
        FuzzTarget(
            name, file: file, longest: longest, fixedBytes: fixedBytes, bytesPerByte: bytesPerByte
        ) { path in _ = try ImageFile.read(path, size: 4, channels: 3) }
    }

    /// Calls `body` with a folder beside the file in which `names` all lead to it.
    private static func inFolder(
        of path: String, _ names: [String], _ body: (String) throws -> Void
    ) throws {
        let folder = "\(Files.split(path).folder)/folder"
        if !Files.exists(folder) {
            try Files.makeFolder(folder)
            for name in names { symlink("../\(Files.split(path).name)", "\(folder)/\(name)") }
        }
        try body(folder)
    }

    private static let cifarFolder = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
    private static let idxFolder = ["train", "t10k"].flatMap {
        ["\($0)-images-idx3-ubyte", "\($0)-labels-idx1-ubyte"]
    }
}
