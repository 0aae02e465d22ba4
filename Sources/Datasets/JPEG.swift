internal import CJPEG
import System

extension Picture {
    static let jpegSignature: [UInt8] = [0xFF, 0xD8]

    /// Decodes grey, YCbCr, RGB, CMYK and YCCK files, CMYK converted to RGB.
    static func decodeJPEG(_ bytes: [UInt8], file: String) throws(UserError) -> Picture {
        var image = cjpeg_image()
        var message = [CChar](repeating: 0, count: Int(CJPEG_MESSAGE_SIZE))
        guard cjpeg_decode(bytes, bytes.count, largestPixelCount, &image, &message) == 0 else {
            throw undecodable("JPEG", text(message), file)
        }
        defer { cjpeg_free(image.pixels) }
        let count = image.width * image.height * Int(image.channels)
        return Picture(
            width: image.width, height: image.height, channels: Int(image.channels),
            pixels: Array(UnsafeBufferPointer(start: image.pixels, count: count)))
    }

    /// The bytes of a JPEG file at `quality` 1...100, without chroma subsampling.
    /// - Throws: `UserError(.output)` when libjpeg refuses, as beyond 65,500 pixels a side.
    public func jpeg(quality: Int) throws(UserError) -> [UInt8] {
        precondition((1...100).contains(quality))
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: Int(CJPEG_MESSAGE_SIZE))
        let status = cjpeg_encode(
            pixels, width, height, Int32(channels), Int32(quality), &bytes, &count, &message)
        guard status == 0, let bytes else { throw unencodable("JPEG", Self.text(message)) }
        defer { cjpeg_free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
