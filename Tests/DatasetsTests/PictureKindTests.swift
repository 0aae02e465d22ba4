import System
import TestSupport
import Testing

@testable import Datasets

/// Pictures as cameras and programs write them.
@Suite struct PictureKindTests {
    /// What `[1 2 3 / 4 5 6]` becomes: Exif 2.32, section 4.6.4.
    static let turns: [(orientation: UInt8, width: Int, pixels: [UInt8])] = [
        (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]),
        (4, 3, [4, 5, 6, 1, 2, 3]), (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]),
        (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]), (9, 3, [1, 2, 3, 4, 5, 6]),
    ]

    /// A TIFF of one directory: a tag before the orientation, and the orientation.
    private func exif(_ orientation: UInt8, isLittle: Bool) -> [UInt8] {
        func number(_ value: UInt8, _ count: Int) -> [UInt8] {
            let padding = [UInt8](repeating: 0, count: count - 1)
            return isLittle ? [value] + padding : padding + [value]
        }
        let head = Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(2, 2)
        let other = (isLittle ? [0x0F, 1] : [1, 0x0F]) + number(2, 2) + number(1, 4) + number(0, 4)
        return head + other + (isLittle ? [0x12, 1] : [1, 0x12]) + number(3, 2) + number(1, 4)
            + number(orientation, 2) + [0, 0] + number(0, 4)
    }

    private func crc(_ bytes: [UInt8]) -> [UInt8] {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~crc >> UInt32(24 - 8 * $0)) }
    }

    @Test(arguments: turns, [true, false])
    func exifTurnsPictures(turn: (orientation: UInt8, width: Int, pixels: [UInt8]), isLittle: Bool) throws {
        let exif = exif(turn.orientation, isLittle: isLittle)
        let stored = Picture(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
        var png = try stored.png()
        let chunk = Array("eXIf".utf8) + exif
        png.insert(contentsOf: [0, 0, 0, UInt8(exif.count)] + chunk + crc(chunk), at: 33)
        let picture = try Picture.decode(png, file: "x.png")
        #expect(picture.width == turn.width && picture.pixels == turn.pixels)
        #expect(PictureHeader(png)?.size.width == turn.width)

        // JPEG turns by the same rule; its own values it does not keep to the last bit.
        let plain = try Fixtures.bytes("colour.jpg")
        let segment = Array("Exif\0\0".utf8) + exif
        var jpeg = plain
        jpeg.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(segment.count + 2)] + segment, at: 2)
        let orientation = Orientation(rawValue: Int(turn.orientation)) ?? .upright
        let expected = try Picture.decode(plain, file: "x.jpg").turned(orientation)
        #expect(try Picture.decode(jpeg, file: "x.jpg") == expected)
        #expect(expected.width == (turn.width == 2 ? 24 : 40))
    }

    /// libjpeg warns of such versions; nobody refuses the pictures.
    @Test(arguments: [[0, 0], [2, 1], [1, 99]] as [[UInt8]])
    func anyJFIFVersionIsRead(version: [UInt8]) throws {
        var bytes = try Fixtures.bytes("colour.jpg")
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: "JFIF\0".utf8) }) + 5
        bytes.replaceSubrange(start..<start + 2, with: version)
        let expected = try Picture.decode(Fixtures.bytes("colour.jpg"), file: "x.jpg")
        #expect(try Picture.decode(bytes, file: "x.jpg") == expected)
    }

    /// Other values that change no pixel: an unknown Adobe transform, bytes between segments, stray restart settings.
    @Test func harmlessWarningsAreNoErrors() throws {
        let plain = try Fixtures.bytes("colour.jpg")
        let expected = try Picture.decode(plain, file: "x.jpg")
        let adobe: [UInt8] = [0xFF, 0xEE, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 7]
        for extra in [adobe, [0x00, 0x11, 0x22]] {
            var bytes = plain
            bytes.insert(contentsOf: extra, at: 20)
            #expect(try Picture.decode(bytes, file: "x.jpg") == expected)
        }
    }

    @Test func whatIsHalfTransparentIsBlendedByValue() throws {
        // 50.2 % white over black is 128 for browsers and Pillow; blended as light it would be 188.
        let half = try Picture.read(Fixtures.path("half.png"))
        let expected = try Fixtures.bytes("half.png.rgb")
        #expect(half.pixels.count == expected.count)
        #expect(zip(half.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        #expect(Picture.onBlack([255, 128, 10, 0, 77, 255], colours: 1) == [128, 0, 77])
    }

    @Test(arguments: ["colour.bmp", "palette.bmp", "bilevel.bmp", "alpha.bmp"])
    func bitmapsAreRead(name: String) throws {
        let picture = try Picture.read(Fixtures.path(name))
        #expect((picture.width, picture.height) == (40, 24))
        #expect(picture.pixels == (try Fixtures.bytes("\(name).rgb")))
        let header = try #require(PictureHeader(Fixtures.bytes(name)))
        #expect(header.kind == .bmp && header.size == (40, 24))
    }

    @Test(
        .enabled(if: Picture.readsWebP, "libwebp7 is not installed"), arguments: ["colour", "half", "lossy"])
    func webPIsRead(name: String) throws {
        let picture = try Picture.read(Fixtures.path("\(name).webp"))
        let expected = try Fixtures.bytes("\(name).webp.rgb")
        #expect((picture.width, picture.height) == (40, 24) && picture.pixels.count == expected.count)
        #expect(zip(picture.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        let header = try #require(PictureHeader(Fixtures.bytes("\(name).webp")))
        #expect(header.size == (40, 24))
    }

    @Test(.enabled(if: Picture.readsWebP, "libwebp7 is not installed"))
    func animationsAreNamed() throws {
        let error = userError { () throws(UserError) in
            _ = try Picture.read(Fixtures.path("animated.webp"))
        }
        #expect(error?.what.contains("it is an animation") == true)
    }

    @Test func headersTellSizesWithoutDecoding() throws {
        for name in ["colour.jpg", "progressive.jpg", "cmyk.jpg", "colour.png", "interlaced.png"] {
            let header = try #require(PictureHeader(Fixtures.bytes(name)))
            #expect(header.size == (40, 24) && !header.isGrey, "\(name)")
        }
        for name in ["grey.jpg", "grey.png", "sixteen.png"] {
            #expect(PictureHeader(try Fixtures.bytes(name))?.isGrey == true, "\(name)")
        }
    }
}
