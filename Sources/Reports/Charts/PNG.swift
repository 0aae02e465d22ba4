internal import CZlib
import System

/// Indexed-colour PNG files (ISO/IEC 15948): exact, and small for the smooth pictures of densities.
enum PNG {
    /// - Parameters:
    ///   - indices: palette positions, row-major from the top, [height, width].
    ///   - palette: red, green, blue of up to 256 colours.
    ///   - alphas: opacities of the palette's first colours; the others are opaque.
    static func encode(
        indices: [UInt8], width: Int, height: Int, palette: [UInt8], alphas: [UInt8] = []
    ) -> [UInt8] {
        precondition(width > 0 && height > 0 && indices.count == width * height && palette.count % 3 == 0)
        // A pixel has eight bits of indexed colour; each row starts with its filter, none.
        let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 3, 0, 0, 0]
        let rows = (0..<height).flatMap { [0] + indices[($0 * width)..<(($0 + 1) * width)] }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("PLTE", palette) + (alphas.isEmpty ? [] : chunk("tRNS", alphas))
            + chunk("IDAT", deflated(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + bytes
        let checksum = crc32(0, body, uInt(body.count))
        return bigEndian(UInt32(bytes.count)) + body + bigEndian(UInt32(truncatingIfNeeded: checksum))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
