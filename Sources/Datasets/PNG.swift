internal import CPNG
import Foundation
import System

extension Picture {
    static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The type and checksum of the chunk that ends every file.
    private static let pngEnd: [UInt8] = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]

    /// Pixels of a byte: deflate makes 1032 bytes of one, and each may hold eight pixels.
    private static let largestExpansion = 8 * 1032

    private static func format(channels: Int, hasAlpha: Bool = false) -> png_uint_32 {
        let colours = channels == 3 ? png_uint_32(PNG_FORMAT_RGB) : png_uint_32(PNG_FORMAT_GRAY)
        return hasAlpha ? colours | png_uint_32(PNG_FORMAT_FLAG_ALPHA) : colours
    }

    /// Decodes every kind of PNG to 8 bits: grey, RGB and palettes, 16 bits rounded, what is transparent set on black.
    /// Where the file states a gamma, the values are brought to that of sRGB.
    static func decodePNG(_ bytes: [UInt8], file: String) throws(UserError) -> Picture {
        // libpng stops reading with the last row.
        guard Data(bytes).range(of: Data(pngEnd), options: .backwards) != nil else {
            throw undecodable("PNG", "it is cut off", file)
        }
        // libpng keeps the addresses of both from its first call to its last.
        let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
        image.initialize(to: png_image())
        defer {
            png_image_free(image)
            image.deallocate()
        }
        return try bytes.withUnsafeBufferPointer { memory throws(UserError) in
            image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
            guard png_image_begin_read_from_memory(image, memory.baseAddress, memory.count) != 0 else {
                throw undecodable("PNG", image.pointee.text, file)
            }
            return try finish(image, of: bytes.count, file: file)
        }
    }

    /// Reads the pixels of an image that is open.
    private static func finish(
        _ image: UnsafeMutablePointer<png_image>, of bytes: Int, file: String
    ) throws(UserError) -> Picture {
        let (width, height) = (Int(image.pointee.width), Int(image.pointee.height))
        guard width * height <= largestPixelCount else {
            throw tooLarge("PNG", width, height, file)
        }
        guard width * height <= largestExpansion * bytes else {
            throw undecodable(
                "PNG", "\(width) x \(height) pixels are more than \(bytes) bytes can hold", file)
        }
        let channels = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1
        let hasAlpha = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
        image.pointee.format = format(channels: channels, hasAlpha: hasAlpha)
        // As every decoder does: the values of 16 bits are no linear light unless the file says so.
        image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
        var pixels = [UInt8](repeating: 0, count: width * height * (channels + (hasAlpha ? 1 : 0)))
        guard png_image_finish_read(image, nil, &pixels, 0, nil) != 0 else {
            throw undecodable("PNG", image.pointee.text, file)
        }
        // libpng would blend light, not values: half-transparent white would become 188, not 128.
        if hasAlpha { pixels = onBlack(pixels, colours: channels) }
        return Picture(width: width, height: height, channels: channels, pixels: pixels)
    }

    /// The bytes of a PNG file, from which the same pixels come back.
    /// - Throws: `UserError(.output)` when libpng refuses.
    public func png() throws(UserError) -> [UInt8] {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        (image.width, image.height) = (png_uint_32(width), png_uint_32(height))
        image.format = Self.format(channels: channels)
        var count = 0
        guard png_image_write_to_memory(&image, nil, &count, 0, pixels, 0, nil) != 0 else {
            throw unencodable("PNG", image.text)
        }
        var bytes = [UInt8](repeating: 0, count: count)
        guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels, 0, nil) != 0 else {
            throw unencodable("PNG", image.text)
        }
        return bytes
    }
}

extension png_image {
    /// What libpng says went wrong.
    fileprivate var text: String {
        withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
