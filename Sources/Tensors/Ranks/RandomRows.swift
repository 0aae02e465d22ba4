/// Elements of a tensor that lie together in the whole batch's stream.
package struct RandomPiece: Equatable, Sendable {
    /// In the tensor.
    package let elements: Range<Int>
    /// The number in the stream of the first of them.
    package let start: Int
}

extension RandomKey {
    /// The elements of a tensor by the places that they have in the stream: those of the key's rows, of which the tensor may have
    /// the first only.
    package func pieces(of shape: Shape, _ world: World) -> [RandomPiece] {
        guard let rows else {
            precondition(!world.isDivided, "random numbers of a shard by a key that names no rows")
            return [RandomPiece(elements: 0..<shape.count, start: 0)]
        }
        var (pieces, row) = ([RandomPiece](), 0)
        for range in rows where row < shape.first {
            let count = min(range.count, shape.first - row)
            pieces.append(
                RandomPiece(
                    elements: row * shape.rowCount..<(row + count) * shape.rowCount,
                    start: range.lowerBound * shape.rowCount))
            row += count
        }
        precondition(row == shape.first, "random numbers for \(shape) by a key of rows \(rows)")
        return pieces
    }
}
