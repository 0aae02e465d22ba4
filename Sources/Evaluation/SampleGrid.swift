import Datasets
import System

/// Images tiled into one RGB picture.
public struct SampleGrid: Sendable {
    /// RGB bytes, [height, width, 3].
    public let pixels: [UInt8]
    public let width: Int
    public let height: Int
    /// Share of values outside [-0.5, 0.5): samples may leave the range, and only the picture is clipped.
    public let clippedShare: Double

    private static let gap = 2

    /// - Parameters:
    ///   - images: scaled to [-0.5, 0.5), [N, H, W, C] with C 1 or 3; a NaN is drawn black and counts as clipped.
    ///   - height: of one image, pixels.
    ///   - width: of one image, pixels.
    ///   - channels: of one image.
    ///   - columns: images in a row; by default as square as possible.
    public init(_ images: [Float], height: Int, width: Int, channels: Int, columns: Int? = nil) {
        let size = height * width * channels
        precondition(channels == 1 || channels == 3, "pictures are grey or RGB")
        precondition(size > 0 && !images.isEmpty && images.count.isMultiple(of: size))
        let count = images.count / size
        let across = min(columns ?? Int(Double(count).squareRoot().rounded(.up)), count)
        precondition(across > 0)
        let down = (count + across - 1) / across
        self.width = across * (width + Self.gap) - Self.gap
        self.height = down * (height + Self.gap) - Self.gap
        var canvas = [UInt8](repeating: 255, count: self.width * self.height * 3)
        for image in 0..<count {
            let left = image % across * (width + Self.gap)
            let top = image / across * (height + Self.gap)
            for y in 0..<height {
                for x in 0..<width {
                    let source = ((image * height + y) * width + x) * channels
                    let target = ((top + y) * self.width + left + x) * 3
                    for c in 0..<3 {
                        canvas[target + c] = UInt8(binOf: images[source + (channels == 3 ? c : 0)])
                    }
                }
            }
        }
        pixels = canvas
        clippedShare = Double(images.count { !(-0.5..<0.5).contains($0) }) / Double(images.count)
    }

    /// Grids of one size in rows, a wider gap between them.
    public init(rows: [[SampleGrid]]) {
        precondition(!rows.isEmpty && rows.allSatisfy { !$0.isEmpty && $0.count == rows[0].count })
        let (one, gap) = (rows[0][0], 8 * Self.gap)
        precondition(rows.joined().allSatisfy { $0.width == one.width && $0.height == one.height })
        width = rows[0].count * (one.width + gap) - gap
        height = rows.count * (one.height + gap) - gap
        var canvas = [UInt8](repeating: 255, count: width * height * 3)
        for (row, grids) in rows.enumerated() {
            for (column, grid) in grids.enumerated() {
                for y in 0..<one.height {
                    let start = ((row * (one.height + gap) + y) * width + column * (one.width + gap)) * 3
                    let line = y * one.width * 3
                    canvas.replaceSubrange(
                        start..<start + one.width * 3, with: grid.pixels[line..<line + one.width * 3])
                }
            }
        }
        pixels = canvas
        clippedShare = mean(rows.joined().map(\.clippedShare))
    }

    public var picture: Picture { Picture(width: width, height: height, channels: 3, pixels: pixels) }
}

extension UInt8 {
    /// The bin of x/256 - 0.5 that `value` lies in, clipped to 0...255; 0 for NaN.
    package init(binOf value: Float) {
        let level = ((value + 0.5) * 256).rounded(.down)
        self = level >= 255 ? 255 : level > 0 ? UInt8(level) : 0
    }
}
