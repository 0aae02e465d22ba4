import System
import Testing

@testable import Datasets

/// Headers that claim more pixels than their file can hold are refused before memory is asked for.
@Suite struct PictureBoundTests {
    private func refusal(_ bytes: [UInt8]) -> String? {
        do throws(UserError) {
            _ = try Picture.decode(bytes, file: "hostile")
            return nil
        } catch { return error.description }
    }

    @Test(arguments: ["colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg"])
    func jpeg(name: String) throws {
        var bytes = try Fixtures.bytes(name)
        let frame = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) })
        // Height and width of the frame: 8,000 each.
        for position in [frame + 5, frame + 7] { (bytes[position], bytes[position + 1]) = (0x1F, 0x40) }
        let text = try #require(refusal(bytes))
        #expect(text.contains("8000 x 8000 pixels are more than \(bytes.count) bytes can hold"), "\(text)")
    }

    @Test func png() throws {
        var bytes = try Fixtures.bytes("colour.png")
        // The header chunk's width and height: 4,096 each; its checksum is of type and content.
        for position in [18, 22] { (bytes[position], bytes[position + 1]) = (0x10, 0) }
        let checksum = Self.checksum(bytes[12..<29])
        for byte in 0..<4 {
            bytes[29 + byte] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(byte)))
        }
        let text = try #require(refusal(bytes))
        #expect(text.contains("4096 x 4096 pixels are more than \(bytes.count) bytes can hold"), "\(text)")
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    /// What deflate makes smallest is still read.
    @Test func aPictureOfOneColourIsRead() throws {
        let picture = Picture(
            width: 3000, height: 3000, channels: 1, pixels: [UInt8](repeating: 7, count: 9_000_000))
        for bytes in [try picture.png(), try picture.jpeg(quality: 1)] {
            #expect(bytes.count < 200_000)
            #expect(try Picture.decode(bytes, file: "plain").width == 3000)
        }
    }
}
