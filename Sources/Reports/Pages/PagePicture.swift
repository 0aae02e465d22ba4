import Datasets

/// A sample grid as a page holds it: as it is if it is small, otherwise with fewer pixels.
/// - Throws: `UserError(.data)` for a large file that is no picture.
func pagePicture(_ jpeg: [UInt8], file: String) throws -> [UInt8] {
    jpeg.count <= 200_000 ? jpeg : try Picture.decode(jpeg, file: file).shrunk(to: 1000).jpeg(quality: 85)
}

extension Picture {
    /// The picture with sides of at most `side` pixels: means of square blocks. A smaller one stays as it is.
    func shrunk(to side: Int) -> Picture {
        let block = (max(width, height) + side - 1) / side
        guard block > 1 else { return self }
        // What is left over at the right and at the bottom, less than a block, is cut off.
        let (across, down) = (max(1, width / block), max(1, height / block))
        var small: [UInt8] = []
        small.reserveCapacity(across * down * channels)
        for y in 0..<down {
            for x in 0..<across {
                for channel in 0..<channels { small.append(blockMean(x, y, channel, block)) }
            }
        }
        return Picture(width: across, height: down, channels: channels, pixels: small)
    }

    private func blockMean(_ x: Int, _ y: Int, _ channel: Int, _ block: Int) -> UInt8 {
        let rows = (y * block)..<min((y + 1) * block, height)
        let columns = (x * block)..<min((x + 1) * block, width)
        var sum = 0
        for row in rows {
            for column in columns { sum += Int(pixels[(row * width + column) * channels + channel]) }
        }
        return UInt8(sum / (rows.count * columns.count))
    }
}
