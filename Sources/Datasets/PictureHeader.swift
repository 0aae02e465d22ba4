/// What the first bytes of a picture file say, without decoding it.
struct PictureHeader: Equatable {
    enum Kind: String { case jpeg = "JPEG", png = "PNG", webp = "WebP", bmp = "BMP" }

    var kind: Kind
    /// The extent as stored, before ``orientation`` turns the picture; 0 where the bytes do not reach that far.
    var width = 0
    var height = 0
    var isGrey = false
    var orientation = Orientation.upright

    /// Sides of the picture as people see it.
    var size: (width: Int, height: Int) { orientation.isTurned ? (height, width) : (width, height) }

    /// Nil where `bytes` do not begin as a picture.
    init?(_ bytes: [UInt8]) {
        if bytes.starts(with: Picture.jpegSignature) {
            kind = .jpeg
            readJPEG(bytes)
        } else if bytes.starts(with: Picture.pngSignature) {
            kind = .png
            readPNG(bytes)
        } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            kind = .webp
            readWebP(bytes)
        } else if bytes.starts(with: "BM".utf8), let header = BMPHeader(bytes) {
            kind = .bmp
            (width, height) = (header.width, header.height)
        } else {
            return nil
        }
    }

    /// Segments of a marker, a length that counts itself, and data, up to the first scan.
    private mutating func readJPEG(_ bytes: [UInt8]) {
        var position = 2
        while let marker = bytes.big(position, 2), let length = bytes.big(position + 2, 2) {
            // Bytes between segments, and fill bytes before a marker, say nothing.
            guard marker >> 8 == 0xFF, marker != 0xFFFF else {
                position += 1
                continue
            }
            guard length >= 2, marker != 0xFFDA else { return }
            let body = bytes.dropFirst(position + 4).prefix(length - 2)
            let isFrame = 0xFFC0...0xFFCF ~= marker && ![0xFFC4, 0xFFC8, 0xFFCC].contains(marker)
            if isFrame, body.count >= 6 {
                let frame = Array(body)
                (height, width) = (frame.big(1, 2) ?? 0, frame.big(3, 2) ?? 0)
                isGrey = frame[5] == 1
            }
            if marker == 0xFFE1, body.starts(with: "Exif\0\0".utf8) {
                orientation = Orientation(exif: Array(body.dropFirst(6))) ?? orientation
            }
            position += 2 + length
        }
    }

    /// Chunks of a length, a type, data and a checksum.
    private mutating func readPNG(_ bytes: [UInt8]) {
        var position = 8
        while let length = bytes.big(position, 4), bytes.count >= position + 8 {
            let type = bytes[position + 4..<position + 8]
            let body = bytes.dropFirst(position + 8).prefix(length)
            if type.elementsEqual("IHDR".utf8), body.count >= 13 {
                let header = Array(body)
                (width, height) = (header.big(0, 4) ?? 0, header.big(4, 4) ?? 0)
                isGrey = header[9] & 2 == 0
            }
            if type.elementsEqual("eXIf".utf8) { orientation = Orientation(exif: Array(body)) ?? orientation }
            position += 12 + length
        }
    }

    /// Chunks of a type, a length and data, padded to even lengths.
    private mutating func readWebP(_ bytes: [UInt8]) {
        var position = 12
        while let length = bytes.little(position + 4, 4) {
            let type = bytes[position..<position + 4]
            let body = Array(bytes.dropFirst(position + 8).prefix(length))
            if type.elementsEqual("VP8X".utf8), let across = body.little(4, 3), let down = body.little(7, 3) {
                (width, height) = (across + 1, down + 1)
            } else if type.elementsEqual("VP8 ".utf8), let across = body.little(6, 2),
                let down = body.little(8, 2)
            {
                (width, height) = (across & 0x3FFF, down & 0x3FFF)
            } else if type.elementsEqual("VP8L".utf8), let bits = body.little(1, 4) {
                (width, height) = (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
            } else if type.elementsEqual("EXIF".utf8) {
                let exif = body.starts(with: "Exif\0\0".utf8) ? Array(body.dropFirst(6)) : body
                orientation = Orientation(exif: exif) ?? orientation
            }
            position += 8 + length + length % 2
        }
    }
}

extension [UInt8] {
    /// The unsigned big-endian number of `count` bytes at `position`; nil beyond the end.
    func big(_ position: Int, _ count: Int) -> Int? {
        guard position >= 0, position <= self.count - count else { return nil }
        return self[position..<position + count].reduce(0) { $0 << 8 | Int($1) }
    }

    /// The same with the lowest byte first.
    func little(_ position: Int, _ count: Int) -> Int? {
        guard position >= 0, position <= self.count - count else { return nil }
        return self[position..<position + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
