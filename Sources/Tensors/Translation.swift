/// A shift of an image in whole pixels: down and to the right.
public struct Translation: Sendable, Hashable {
    public var down: Int
    public var right: Int

    public init(down: Int, right: Int) {
        self.down = down
        self.right = right
    }

    public var reversed: Translation { Translation(down: -down, right: -right) }
}

extension Backend {
    /// Every image of `x` `[N, H, W, C]` moved by its own shift: what leaves is lost, what comes in is 0. The shifts'
    /// reversals are the adjoint.
    public func translate(_ x: Tensor, by shifts: [Translation]) -> Tensor {
        precondition(shifts.count == x.shape.first, "\(shifts.count) shifts for \(x.shape.first) images")
        let margin = shifts.map { max(abs($0.down), abs($0.right)) }.max() ?? 0
        guard margin > 0 else { return x }
        let (height, width) = (x.shape[1], x.shape[2])
        let (rows, columns) = (height + 2 * margin, width + 2 * margin)
        var sources: [Int] = []
        sources.reserveCapacity(shifts.count * height * width)
        for (image, shift) in shifts.enumerated() {
            for i in 0..<height {
                let row = (image * rows + i + margin - shift.down) * columns + margin - shift.right
                sources.append(contentsOf: row..<row + width)
            }
        }
        let pixels = padded(x, margin).reshaped([shifts.count * rows * columns, x.shape.last])
        return gatherRows(pixels, sources).reshaped(x.shape)
    }

    /// Shifts of up to `limit` pixels each way, all equally likely.
    public func translations(_ count: Int, limit: Int, key: RandomKey) -> [Translation] {
        let draws = floats(uniform([count, 2], from: 0, to: Double(2 * limit + 1), key: key))
        let shifts = draws.map { min(Int($0), 2 * limit) - limit }
        return (0..<count).map { Translation(down: shifts[2 * $0], right: shifts[2 * $0 + 1]) }
    }
}
