import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct PictureTests {
    @Test(arguments: ["colour", "progressive", "grey", "cmyk"])
    func decodesJPEGsLikePillow(name: String) throws {
        let image = try Picture.read(Fixtures.path("\(name).jpg"))
        #expect((image.width, image.height, image.channels) == (40, 24, name == "grey" ? 1 : 3))
        let expected = try Fixtures.bytes("\(name).rgb")
        let pixels = name == "grey" ? image.pixels.flatMap { [$0, $0, $0] } : image.pixels
        let worst = zip(pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 255
        // CMYK to RGB is rounded differently.
        #expect(pixels.count == expected.count && worst <= 2, "largest difference \(worst)")
    }

    @Test(arguments: ["colour", "grey", "palette", "bilevel", "sixteen", "transparent", "interlaced"])
    func decodesPNGsExactly(name: String) throws {
        let image = try Picture.read(Fixtures.path("\(name).png"))
        let isGrey = ["grey", "bilevel", "sixteen"].contains(name)
        #expect((image.width, image.height, image.channels) == (40, 24, isGrey ? 1 : 3))
        let pixels = isGrey ? image.pixels.flatMap { [$0, $0, $0] } : image.pixels
        #expect(try pixels == Fixtures.bytes("\(name).png.rgb"))
    }

    @Test(arguments: [1, 3])
    func roundTrip(channels: Int) throws {
        let (width, height) = (37, 21)
        let pixels = (0..<width * height * channels).map { i in
            UInt8(40 + 3 * (i / channels % width) + 4 * (i / channels / width))
        }
        let original = Picture(width: width, height: height, channels: channels, pixels: pixels)
        #expect(try Picture.decode(original.png(), file: "x.png") == original)
        let image = try Picture.decode(original.jpeg(quality: 95), file: "x.jpg")
        #expect((image.width, image.height, image.channels) == (width, height, channels))
        let worst = zip(pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(worst <= 6)
    }

    @Test func tooLargeIsRefused() throws {
        let wide = [UInt8](repeating: 0, count: 70_000)
        let error = userError { () throws(UserError) in
            _ = try Picture(width: 70_000, height: 1, channels: 1, pixels: wide).jpeg(quality: 90)
        }
        #expect(error?.kind == .output)
        // A header that claims 65,500 × 65,500 pixels: found by its start-of-frame marker.
        var bytes = try Fixtures.bytes("colour.jpg")
        let frame = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        let bomb = userError { () throws(UserError) in _ = try Picture.decode(bytes, file: "x.jpg") }
        #expect(bomb?.description.contains("65500 x 65500 pixels are more than the limit") == true)
        let other = userError { () throws(UserError) in
            _ = try Picture.read(Fixtures.path("too-large.png"))
        }
        #expect(other?.description.contains("65500 x 65500 pixels are more than the limit") == true)
    }

    @Test func shrinkingAveragesAreas() {
        let image = Picture(width: 4, height: 2, channels: 1, pixels: [9, 0, 100, 9, 9, 40, 60, 9])
        #expect(image.thumbnail(size: 1, channels: 1) == [50])
        #expect(image.thumbnail(size: 2, channels: 1) == [0, 100, 40, 60])
        #expect(image.thumbnail(size: 1, channels: 3) == [50, 50, 50])
        // 3 → 2: each output covers one and a half pixels.
        let line = Picture(width: 3, height: 3, channels: 1, pixels: [30, 60, 90, 30, 60, 90, 30, 60, 90])
        #expect(line.thumbnail(size: 2, channels: 1) == [40, 80, 40, 80])
    }

    @Test func enlargingInterpolates() {
        let image = Picture(width: 2, height: 2, channels: 1, pixels: [0, 100, 0, 100])
        #expect(Array(image.thumbnail(size: 4, channels: 1).prefix(4)) == [0, 25, 75, 100])
        #expect(
            Picture(width: 1, height: 1, channels: 1, pixels: [7]).thumbnail(size: 2, channels: 1)
                == [7, 7, 7, 7])
    }

    @Test func colourBecomesLuma() {
        let image = Picture(width: 1, height: 1, channels: 3, pixels: [100, 200, 50])
        #expect(image.thumbnail(size: 1, channels: 1) == [153])
    }

    /// A square that has the size already is cut out as it is.
    @Test func thumbnailsOfTheSameSizeAreCutOut() {
        let wide = Picture(width: 4, height: 2, channels: 1, pixels: [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(wide.thumbnail(size: 2, channels: 1) == [1, 2, 5, 6])
        #expect(wide.thumbnail(size: 2, channels: 3) == [1, 2, 5, 6].flatMap { [$0, $0, $0] })
        let tall = Picture(width: 1, height: 3, channels: 3, pixels: [0, 0, 0, 10, 200, 30, 0, 0, 0])
        #expect(tall.thumbnail(size: 1, channels: 3) == [10, 200, 30])
        // Rec. 601: 0.299 · 10 + 0.587 · 200 + 0.114 · 30.
        #expect(tall.thumbnail(size: 1, channels: 1) == [124])
    }
}
