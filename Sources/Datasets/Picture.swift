import System

/// A decoded picture: `pixels` `[height, width, channels]`, 1 channel (grey) or 3 (RGB).
public struct Picture: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let channels: Int
    public let pixels: [UInt8]

    /// Larger pictures are refused before their pixels are allocated.
    static let largestPixelCount = 1 << 26

    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && (channels == 1 || channels == 3))
        precondition(pixels.count == width * height * channels)
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    static func undecodable(_ kind: String, _ reason: String, _ file: String) -> UserError {
        UserError(
            .data, "cannot be decoded as \(kind): \(reason)", at: file, advice: "replace or remove the file")
    }

    func unencodable(_ kind: String, _ reason: String) -> UserError {
        UserError(
            .output, "a picture of \(width)x\(height) cannot be encoded as \(kind): \(reason)",
            advice: "make it smaller")
    }

    static func tooLarge(_ kind: String, _ width: Int, _ height: Int, _ file: String) -> UserError {
        undecodable(
            kind, "\(width) x \(height) pixels are more than the limit of \(largestPixelCount)", file)
    }

    /// Decodes a JPEG, PNG, WebP or BMP file, told by its first bytes, and turns it as its Exif block says.
    /// - Throws: `UserError(.data)` for anything else, and for what is damaged, truncated or larger than 64 megapixels.
    public static func decode(_ bytes: [UInt8], file: String) throws(UserError) -> Picture {
        guard let header = PictureHeader(bytes) else {
            throw UserError(
                .data, "is neither a JPEG, nor a PNG, WebP or BMP picture", at: file,
                advice: "replace or remove the file")
        }
        let stored =
            switch header.kind {
            case .jpeg: try decodeJPEG(bytes, file: file)
            case .png: try decodePNG(bytes, file: file)
            case .webp: try decodeWebP(bytes, file: file)
            case .bmp: try decodeBMP(bytes, file: file)
            }
        return stored.turned(header.orientation)
    }

    /// `decode` of the file at `path`; also throws `UserError(.missing)`.
    public static func read(_ path: String) throws(UserError) -> Picture {
        try decode(try Files.read(path), file: path)
    }

    /// The endings of names that ``write(to:)`` takes.
    public static let writtenEndings = [".jpg", ".jpeg", ".png"]
    /// The endings of names that are read as pictures.
    public static let fileEndings = writtenEndings + [".jpe", ".jfif", ".webp", ".bmp"]

    /// Whether a file's name says that it is a picture.
    public static func isNamed(_ name: String) -> Bool { has(name, oneOf: fileEndings) }

    /// Whether ``write(to:)`` takes a name.
    public static func isWritable(as name: String) -> Bool { has(name, oneOf: writtenEndings) }

    private static func has(_ name: String, oneOf endings: [String]) -> Bool {
        let name = name.utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
        return endings.contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    /// Encodes as PNG where the name ends so and as JPEG otherwise; writes `path` whole or not at all.
    /// - Throws: `UserError(.output)`.
    public func write(to path: String) throws(UserError) {
        try Files.write(path.lowercased().hasSuffix(".png") ? try png() : try jpeg(quality: 92), to: path)
    }
}
