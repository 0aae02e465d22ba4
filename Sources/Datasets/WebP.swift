internal import CWebP
import System

extension Picture {
    /// Whether libwebp is installed; it is found at run time.
    package static var readsWebP: Bool { cwebp_is_available() != 0 }

    /// Decodes still WebP files; what is transparent is set on black.
    static func decodeWebP(_ bytes: [UInt8], file: String) throws(UserError) -> Picture {
        // The library reads what it is given, even when the file should be longer.
        guard let size = bytes.little(4, 4), bytes.count >= size + 8 else {
            throw undecodable("WebP", "it is cut off", file)
        }
        var image = cwebp_image()
        switch cwebp_decode(bytes, bytes.count, largestPixelCount, &image) {
        case CWEBP_DECODED: break
        case CWEBP_NO_LIBRARY:
            throw UserError(
                .data, "is a WebP picture, for which libwebp is needed", at: file,
                advice: "run `apt-get install libwebp7`, or convert it to PNG")
        case CWEBP_TOO_LARGE: throw tooLarge("WebP", Int(image.width), Int(image.height), file)
        case CWEBP_ANIMATED: throw undecodable("WebP", "it is an animation", file)
        default: throw undecodable("WebP", "it is damaged", file)
        }
        defer { cwebp_free(&image) }
        let (width, height) = (Int(image.width), Int(image.height))
        let rgba = UnsafeBufferPointer(start: image.pixels, count: width * height * 4)
        return Picture(width: width, height: height, channels: 3, pixels: onBlack(rgba, colours: 3))
    }

    /// Pixels of `colours` bytes from those followed by an alpha of 0...255: blended with black value by value, as
    /// browsers do.
    static func onBlack(_ pixels: some Collection<UInt8>, colours: Int) -> [UInt8] {
        let pixels = Array(pixels)
        var blended: [UInt8] = []
        blended.reserveCapacity(pixels.count / (colours + 1) * colours)
        for start in stride(from: 0, to: pixels.count, by: colours + 1) {
            let alpha = Int(pixels[start + colours])
            for i in start..<start + colours { blended.append(UInt8((Int(pixels[i]) * alpha + 127) / 255)) }
        }
        return blended
    }
}
