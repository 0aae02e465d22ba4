import Foundation
import Tensors

/// Images from a file of any kind the package reads, told by its first bytes rather than its name.
public enum ImageFile {
    /// Reads a JPEG or PNG (its largest centred square, resized), an SVHN `.mat` file, or an IDX file of 28×28 images,
    /// compressed or not, padded to 32×32.
    /// - Parameters:
    ///   - size: side of the square images a picture is resized to, in pixels.
    ///   - channels: 1 or 3, for pictures and IDX.
    /// - Throws: `UserError(.missing)`, or `UserError(.data)` for a damaged file or one of another kind.
    public static func read(_ path: String, size: Int, channels: Int) throws(UserError) -> ImageDataset {
        let bytes = try Files.read(path)
        if Picture.isEncoded(in: bytes) {
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
        throw UserError(
            .data, "is neither a JPEG, nor a PNG, nor an SVHN .mat file, nor an IDX file of images", at: path,
            advice: "convert it to PNG")
    }

    /// The file itself, or the JPEG and PNG files in a folder and the folders in it, in order. Links to folders are not
    /// followed: they may lead back.
    /// - Throws: `UserError(.missing)` for a folder without any.
    public static func paths(at path: String) throws(UserError) -> [String] {
        guard Files.isFolder(path) else { return [path] }
        let found = try below(path)
        guard !found.isEmpty else {
            throw UserError(.missing, "holds no JPEG or PNG images", at: path, advice: "name other files")
        }
        return found
    }

    private static func below(_ folder: String) throws(UserError) -> [String] {
        var found: [String] = []
        for name in try Files.list(folder) {
            let path = "\(folder)/\(name)"
            if !Files.isFolder(path) {
                if Picture.isNamed(name) { found.append(path) }
            } else if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil {
                found += try below(path)
            }
        }
        return found
    }

    private static func unlabelled(
        _ name: String, size: Int, channels: Int, pixels: [UInt8]
    ) -> ImageDataset {
        let count = pixels.count / (size * size * channels)
        return ImageDataset(
            name: name, height: size, width: size, channels: channels, classNames: [], pixels: pixels,
            labels: [Int](repeating: ImageDataset.unlabelled, count: count))
    }
}
