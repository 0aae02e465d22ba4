/// How a camera was held: what Exif's tag `Orientation` (0x0112) says must be done to the stored pixels.
struct Orientation: RawRepresentable, Equatable {
    /// 1...8, as in Exif 2.32, section 4.6.4: 1 upright, 3 upside down, 6 to be turned clockwise, 8 counter-clockwise;
    /// 2, 4, 5 and 7 are also mirrored.
    let rawValue: Int

    static let upright = Orientation(unchecked: 1)

    private init(unchecked value: Int) { rawValue = value }

    init?(rawValue: Int) {
        guard 1...8 ~= rawValue else { return nil }
        self.rawValue = rawValue
    }

    /// Reads the tag in the first directory of an Exif block, a TIFF file; nil where there is none.
    init?(exif: [UInt8]) {
        let isLittle = exif.starts(with: "II".utf8)
        guard isLittle || exif.starts(with: "MM".utf8) else { return nil }
        func number(_ position: Int, _ count: Int) -> Int? {
            isLittle ? exif.little(position, count) : exif.big(position, count)
        }
        guard number(2, 2) == 42, let directory = number(4, 4), let entries = number(directory, 2) else {
            return nil
        }
        for entry in 0..<entries {
            let place = directory + 2 + 12 * entry
            guard let tag = number(place, 2) else { return nil }
            // Type 3 is a 16-bit number, which lies in the first bytes of the entry's value.
            guard tag == 0x0112, number(place + 2, 2) == 3 else { continue }
            guard let value = number(place + 8, 2) else { return nil }
            self.init(rawValue: value)
            return
        }
        return nil
    }

    /// Whether width and height change places.
    var isTurned: Bool { rawValue > 4 }

    /// The place in the stored picture of the pixel at `row`, `column` of the upright one.
    func source(row: Int, column: Int, width: Int, height: Int) -> (row: Int, column: Int) {
        let (lastRow, lastColumn) = (height - 1, width - 1)
        return switch rawValue {
        case 2: (row, lastColumn - column)
        case 3: (lastRow - row, lastColumn - column)
        case 4: (lastRow - row, column)
        case 5: (column, row)
        case 6: (lastRow - column, row)
        case 7: (lastRow - column, lastColumn - row)
        case 8: (column, lastColumn - row)
        default: (row, column)
        }
    }
}

extension Picture {
    /// The picture as people see it, given how it is stored.
    func turned(_ orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        let (newWidth, newHeight) = orientation.isTurned ? (height, width) : (width, height)
        var turned = [UInt8](repeating: 0, count: pixels.count)
        var next = 0
        for row in 0..<newHeight {
            for column in 0..<newWidth {
                let place = orientation.source(row: row, column: column, width: width, height: height)
                let start = (place.row * width + place.column) * channels
                for channel in 0..<channels {
                    turned[next] = pixels[start + channel]
                    next += 1
                }
            }
        }
        return Picture(width: newWidth, height: newHeight, channels: channels, pixels: turned)
    }
}
