import Evaluation

/// A confusion matrix of many classes as a PNG: a pixel a cell, or a pixel a square block of cells.
struct MatrixPicture {
    /// The picture has so many pixels a side at most.
    static let largest = 360
    private let matrix: ConfusionMatrix
    private let block: Int
    private let pixels: Int

    init(_ matrix: ConfusionMatrix) {
        self.matrix = matrix
        let classes = max(matrix.counts.count, 1)
        block = (classes + Self.largest - 1) / Self.largest
        pixels = (classes + block - 1) / block
    }

    var scaleSentence: String {
        block == 1
            ? "A pixel is a pair of classes; the table names the pairs that are confused most."
            : "A pixel is a block of \(block) by \(block) classes; the table names the pairs that are confused most."
    }

    /// The first half of the palette is for hits, the second for misses; both fade to the paper.
    private static let shades = 128
    private static let palette: [UInt8] =
        [(0x2B, 0x8F, 0xD0), (0xE0, 0x6A, 0x10)].flatMap { color in
            (0..<shades).flatMap { _ in [UInt8(color.0), UInt8(color.1), UInt8(color.2)] }
        }
    private static let alphas: [UInt8] = (0..<2).flatMap { _ in (0..<shades).map { UInt8(2 * $0) } }

    func markup(x: Double, y: Double, side: Double) -> Markup {
        let png = PNG.encode(
            indices: indices, width: pixels, height: pixels, palette: Self.palette, alphas: Self.alphas)
        return Markup([
            rectangle(x, y, side, side, fill: "var(--panel)"),
            Markup(
                "image",
                [
                    "x": coordinate(x), "y": coordinate(y), "width": coordinate(side),
                    "height": coordinate(side), "class": "pixels", "href": dataURI(png, type: "image/png"),
                ]),
            label("class 0", x - 5, y + 9, "end"),
            label("\(matrix.counts.count - 1)", x - 5, y + side, "end"),
        ])
    }

    /// Palette positions [pixels, pixels]: shares of a block's images, misses by themselves where a block has hits too.
    private var indices: [UInt8] {
        var counts = [Int](repeating: 0, count: pixels * pixels)
        var totals = [Int](repeating: 0, count: pixels)
        for (truth, row) in matrix.counts.enumerated() {
            for (guess, count) in row.enumerated() where count > 0 {
                counts[truth / block * pixels + guess / block] += count
                totals[truth / block] += count
            }
        }
        return counts.indices.map { place in
            guard counts[place] > 0 else { return 0 }
            let (row, column) = (place / pixels, place % pixels)
            let share = Double(counts[place]) / Double(totals[row])
            // Square roots lift rare confusions into sight.
            let shade = 24 + Int((Double(Self.shades - 25) * share.squareRoot()).rounded())
            return UInt8(row == column ? shade : Self.shades + shade)
        }
    }
}
