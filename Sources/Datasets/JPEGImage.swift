internal import CJPEG
import Tensors

/// A decoded JPEG: `pixels` `[height, width, channels]`, 1 channel (grey) or 3 (RGB).
public struct JPEGImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let channels: Int
    public let pixels: [UInt8]

    /// Larger images are refused before their pixels are allocated.
    static let largestPixelCount = 1 << 26

    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * channels)
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Decodes grey, YCbCr, RGB, CMYK and YCCK files, CMYK converted to RGB.
    /// - Throws: `UserError(.data)` for anything damaged, truncated or larger than 64 megapixels.
    public static func decode(_ bytes: [UInt8], file: String) throws(UserError) -> JPEGImage {
        var image = cjpeg_image()
        var message = [CChar](repeating: 0, count: Int(CJPEG_MESSAGE_SIZE))
        guard cjpeg_decode(bytes, bytes.count, largestPixelCount, &image, &message) == 0 else {
            throw UserError(
                .data, "cannot be decoded as JPEG: \(text(message))", at: file,
                advice: "replace or remove the file")
        }
        defer { cjpeg_free(image.pixels) }
        let count = image.width * image.height * Int(image.channels)
        return JPEGImage(
            width: image.width, height: image.height, channels: Int(image.channels),
            pixels: Array(UnsafeBufferPointer(start: image.pixels, count: count)))
    }

    /// `decode` of the file at `path`; also throws `UserError(.missing)`.
    public static func read(_ path: String) throws(UserError) -> JPEGImage {
        try decode(try Files.read(path), file: path)
    }

    /// Encodes `pixels` `[height, width, channels]`, 1 or 3 channels, at `quality` 1...100 without chroma subsampling.
    /// - Throws: `UserError(.output)` when libjpeg refuses, as beyond 65,500 pixels a side.
    public static func encode(
        pixels: [UInt8], width: Int, height: Int, channels: Int, quality: Int = 90
    ) throws(UserError) -> [UInt8] {
        precondition(channels == 1 || channels == 3)
        precondition(pixels.count == width * height * channels && (1...100).contains(quality))
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: Int(CJPEG_MESSAGE_SIZE))
        let status = cjpeg_encode(
            pixels, width, height, Int32(channels), Int32(quality), &bytes, &count, &message)
        guard status == 0, let bytes else {
            throw UserError(
                .output, "a picture of \(width)x\(height) cannot be encoded as JPEG: \(text(message))",
                advice: "make it smaller")
        }
        defer { cjpeg_free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// `encode`, written to `path` whole or not at all; also throws `UserError(.output)` when writing fails.
    public func write(to path: String, quality: Int = 90) throws(UserError) {
        let bytes = try Self.encode(
            pixels: pixels, width: width, height: height, channels: channels, quality: quality)
        try Files.write(bytes, to: path)
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
