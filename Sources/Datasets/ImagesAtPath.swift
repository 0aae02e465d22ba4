import System

/// Images wherever a path leads: to show a model what it was not trained on.
public enum ImagesAtPath {
    /// Reads a file of images (see ``ImageFile``), or of a folder the test part of SVHN, Fashion-MNIST or CIFAR-10,
    /// told by its files; of pictures, of a `labels.csv` and of NumPy arrays those of the test part, or all where there is
    /// none.
    ///
    /// Every image becomes its largest centred square, resized, in colour or grey as asked for.
    /// - Parameters:
    ///   - path: a file or a folder.
    ///   - size: side of the square images, in pixels.
    ///   - channels: 1 or 3.
    /// - Throws: `UserError(.missing)` or `UserError(.data)` as the readers do.
    public static func read(_ path: String, size: Int, channels: Int) throws(UserError) -> ImageDataset {
        guard Files.isFolder(path) else {
            return try ImageFile.read(path, size: size, channels: channels)
                .resized(to: size, channels: channels)
        }
        return try folder(path, size: size, channels: channels).resized(to: size, channels: channels)
    }

    private static func folder(
        _ path: String, size: Int, channels: Int
    ) throws(UserError) -> ImageDataset {
        for name in ["test_32x32.mat", "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"]
        where Files.exists("\(path)/\(name)") {
            return try ImageFile.read("\(path)/\(name)", size: size, channels: channels)
        }
        for batch in ["\(path)/test_batch.bin", "\(path)/cifar-10-batches-bin/test_batch.bin"]
        where Files.exists(batch) {
            return try CIFAR10.decode(try Files.read(batch), file: batch, name: path)
        }
        let source = try DatasetSource(recognizing: path)
        var options = DatasetOptions()
        (options.size, options.channels, options.testShare) = (size, channels, 0)
        let pair = try source.load(directory: path, options: options)
        return pair.test.count > 0 ? pair.test : pair.train
    }
}

extension ImageDataset {
    /// The largest centred square of each image, resized to `size`×`size` in 1 or 3 `channels`, as pictures are.
    public func resized(to size: Int, channels wanted: Int) -> ImageDataset {
        if (height, width, channels) == (size, size, wanted) { return self }
        let pixels = (0..<count).flatMap { index in
            Picture(width: width, height: height, channels: channels, pixels: Array(image(index)))
                .thumbnail(size: size, channels: wanted)
        }
        return ImageDataset(
            name: name, height: size, width: size, channels: wanted, classNames: classNames, pixels: pixels,
            labels: labels)
    }
}
