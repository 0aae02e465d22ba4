import System

/// The headers of a BMP file: `BITMAPFILEHEADER` and one of the `BITMAP…HEADER`s that follow it.
struct BMPHeader {
    let width: Int
    let height: Int
    /// Whether the rows are stored from the top, not from the bottom.
    let isTopDown: Bool
    let bitsPerPixel: Int
    /// 0: plain pixels; 3 and 6: plain pixels with masks; others compress.
    let compression: Int
    /// The position at which the palette or the masks begin.
    let end: Int
    let colours: Int
    /// Bytes of a colour of the palette.
    let colourSize: Int
    let pixels: Int

    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: "BM".utf8), let pixels = bytes.little(10, 4), let size = bytes.little(14, 4)
        else { return nil }
        self.pixels = pixels
        guard size >= 40 else {
            guard size == 12, let width = bytes.little(18, 2), let height = bytes.little(20, 2),
                let bits = bytes.little(24, 2)
            else { return nil }
            (self.width, self.height, isTopDown, bitsPerPixel) = (width, height, false, bits)
            (compression, end, colourSize) = (0, 26, 3)
            colours = bits <= 8 ? 1 << bits : 0
            return
        }
        guard let width = bytes.little(18, 4), let height = bytes.little(22, 4),
            let bits = bytes.little(28, 2),
            let compression = bytes.little(30, 4), let used = bytes.little(46, 4), size <= 124
        else { return nil }
        let signedHeight = Int(Int32(truncatingIfNeeded: height))
        (self.width, self.height) = (Int(Int32(truncatingIfNeeded: width)), abs(signedHeight))
        (isTopDown, bitsPerPixel, self.compression) = (signedHeight < 0, bits, compression)
        // Masks follow the oldest of these headers and are part of the others.
        (end, colourSize) = (compression == 3 || compression == 6 ? 54 : 14 + size, 4)
        colours = bits > 8 ? 0 : used > 0 ? min(used, 1 << bits) : 1 << bits
    }
}

/// The bits of a pixel of 16 or 32 bits that hold one of its colours.
private struct BitMask {
    let mask: Int

    /// The colour in `pixel`, spread over 0...255.
    func value(_ pixel: Int) -> UInt8 {
        guard mask != 0 else { return 0 }
        let shift = mask.trailingZeroBitCount
        let (largest, value) = (mask >> shift, (pixel & mask) >> shift)
        return UInt8(clamping: (value * 255 + largest / 2) / largest)
    }
}

extension Picture {
    /// Decodes uncompressed BMP files of 1, 4, 8, 16, 24 and 32 bits a pixel; what is said of transparency is ignored,
    /// as by nearly every program.
    static func decodeBMP(_ bytes: [UInt8], file: String) throws(UserError) -> Picture {
        guard let header = BMPHeader(bytes), header.width > 0, header.height > 0,
            [1, 4, 8, 16, 24, 32].contains(header.bitsPerPixel)
        else { throw undecodable("BMP", "its header is damaged or of an unknown kind", file) }
        guard let count = checkedProduct([header.width, header.height]), count <= largestPixelCount else {
            throw tooLarge("BMP", header.width, header.height, file)
        }
        guard [0, 3, 6].contains(header.compression) else {
            throw undecodable(
                "BMP", "it is compressed (kind \(header.compression)), which few programs read", file)
        }
        let stride = (header.width * header.bitsPerPixel + 31) / 32 * 4
        guard header.pixels >= header.end, bytes.count >= header.pixels + stride * header.height else {
            throw undecodable("BMP", "it is cut off", file)
        }
        let colour = try colours(header, bytes, file)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * count)
        for row in 0..<header.height {
            let line = header.pixels + stride * (header.isTopDown ? row : header.height - 1 - row)
            for column in 0..<header.width {
                let (red, green, blue) = try colour(line, column)
                pixels.append(red)
                pixels.append(green)
                pixels.append(blue)
            }
        }
        return Picture(width: header.width, height: header.height, channels: 3, pixels: pixels)
    }

    private typealias Colour = (_ line: Int, _ column: Int) throws(UserError) -> (UInt8, UInt8, UInt8)

    /// What gives the colour of the pixel `column` of the line that begins at the byte `line`.
    private static func colours(
        _ header: BMPHeader, _ bytes: [UInt8], _ file: String
    ) throws(UserError) -> Colour {
        let bits = header.bitsPerPixel
        if bits <= 8 {
            let room = header.end + header.colours * header.colourSize
            guard room <= header.pixels else { throw undecodable("BMP", "its palette is cut off", file) }
            return { line, column throws(UserError) in
                let shift = 8 - bits - column * bits % 8
                let index = Int(bytes[line + column * bits / 8]) >> shift & (1 << bits - 1)
                guard index < header.colours else {
                    throw undecodable("BMP", "its palette lacks colour \(index)", file)
                }
                let start = header.end + index * header.colourSize
                return (bytes[start + 2], bytes[start + 1], bytes[start])
            }
        }
        if bits == 24 {
            return { line, column in
                let start = line + 3 * column
                return (bytes[start + 2], bytes[start + 1], bytes[start])
            }
        }
        let masks = try masks(header, bytes, file)
        return { line, column in
            let pixel = bytes.little(line + column * bits / 8, bits / 8) ?? 0
            return (masks[0].value(pixel), masks[1].value(pixel), masks[2].value(pixel))
        }
    }

    /// The masks of red, green and blue.
    private static func masks(
        _ header: BMPHeader, _ bytes: [UInt8], _ file: String
    ) throws(UserError) -> [BitMask] {
        guard header.compression != 0 else {
            return (header.bitsPerPixel == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]).map(
                BitMask.init)
        }
        let masks = (0..<3).compactMap { bytes.little(header.end + 4 * $0, 4) }
        guard masks.count == 3, header.end + 12 <= header.pixels else {
            throw undecodable("BMP", "its masks are cut off", file)
        }
        return masks.map(BitMask.init)
    }
}
