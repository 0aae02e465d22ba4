import System

/// Images from a file of any kind the package reads, told by its first bytes rather than its name.
public enum ImageFile {
    /// Reads a JPEG, PNG, WebP or BMP picture (its largest centred square, resized), an SVHN `.mat` file, an IDX file of
    /// 28×28 images, compressed or not, padded to 32×32, or the images of a NumPy `.npz` or `.npy` file, resized as
    /// pictures are.
    /// - Parameters:
    ///   - path: the file.
    ///   - size: side of the square images a picture is resized to, in pixels.
    ///   - channels: 1 or 3, for pictures and IDX.
    /// - Throws: `UserError(.missing)`, or `UserError(.data)` for a damaged file or one of another kind.
    public static func read(_ path: String, size: Int, channels: Int) throws(UserError) -> ImageDataset {
        let bytes = try Files.read(path)
        if PictureHeader(bytes) != nil {
            let picture = try Picture.decode(bytes, file: path)
            return unlabelled(
                path, size: size, channels: channels,
                pixels: picture.thumbnail(size: size, channels: channels))
        }
        if bytes.starts(with: "MATLAB".utf8) { return try SVHN.decode(bytes, file: path, name: path) }
        if bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0, 0, 8, 3]) {
            let images = try FashionMNIST.decodeImages(bytes, file: path, channels: channels)
            return unlabelled(path, size: images.size, channels: channels, pixels: images.pixels)
        }
        if bytes.starts(with: "PK".utf8) || bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
            return try NumPyImages.images(path, size: size, channels: channels)
        }
        throw UserError(
            .data,
            "is neither a JPEG, PNG, WebP or BMP picture, nor an SVHN .mat, an IDX or a NumPy file of images",
            at: path, advice: "convert it to PNG")
    }

    /// The file itself, or the pictures in a folder and the folders in it, in the order of their names' bytes, with what
    /// a user should know about what is left out. Links to folders are not followed: they may lead back.
    /// - Throws: `UserError(.missing)` for a folder without any.
    public static func paths(at path: String) throws(UserError) -> (paths: [String], notices: [String]) {
        guard Files.isFolder(path) else { return ([path], []) }
        let walk = try PictureWalk(path)
        guard !walk.pictures.isEmpty else {
            throw UserError(.missing, "holds no pictures", at: path, advice: "name other files")
        }
        var notices = walk.notices
        if let first = walk.otherFiles.first {
            notices.append("not read, since no picture: \(abridged(first, walk.otherFiles.count))")
        }
        return (walk.pictures, notices.map { "\(path): \($0)" })
    }

    static func unlabelled(
        _ name: String, size: Int, channels: Int, pixels: [UInt8]
    ) -> ImageDataset {
        let count = pixels.count / (size * size * channels)
        return ImageDataset(
            name: name, height: size, width: size, channels: channels, classNames: [], pixels: pixels,
            labels: [Int](repeating: ImageDataset.unlabelled, count: count))
    }
}
