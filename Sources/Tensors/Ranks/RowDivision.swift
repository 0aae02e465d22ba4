/// How the rows of a batch are divided into shards: every shard has an equal piece of each of the batch's parts, so that all
/// of them do the same work. A rank computes neighbouring shards, one after the other.
///
/// Parts that do not divide evenly are padded at their ends by repeating the last row.
public struct RowDivision: Hashable, Sendable {
    /// Rows of the batch's parts, which lie one after the other.
    public let parts: [Int]
    /// Shards of all ranks together.
    public let shards: Int
    /// Those of this rank.
    public let own: Range<Int>

    public init(parts: [Int], shards: Int, own: Range<Int>) {
        (self.parts, self.shards, self.own) = (parts, shards, own)
    }

    /// Rows of the batch.
    public var count: Int { parts.reduce(0, +) }
    /// Rows of a shard.
    public var shardCount: Int { pieces.reduce(0, +) }
    /// Whether no shard has a row of another.
    public var isEven: Bool { parts.allSatisfy { $0 % shards == 0 } }

    /// Rows of a shard by parts.
    private var pieces: [Int] { parts.map { ($0 + shards - 1) / shards } }
    /// Where parts start in the batch.
    private var starts: [Int] { parts.indices.map { parts[..<$0].reduce(0, +) } }

    /// The places in the batch that a shard's rows have, a range for each part. Those of padding lie beyond their part.
    public func ranges(_ shard: Int) -> [Range<Int>] {
        zip(starts, pieces).map { $0 + shard * $1..<$0 + (shard + 1) * $1 }
    }

    /// The rows of the batch that a shard computes.
    public func rows(_ shard: Int) -> [Int] {
        zip(ranges(shard), zip(starts, parts)).flatMap { range, part in
            range.map { min($0, part.0 + part.1 - 1) }
        }
    }

    /// Where each row of the batch is among those of all shards, one shard after the other.
    public var positions: [Int] {
        let (pieces, size) = (pieces, shardCount)
        return parts.indices.flatMap { part in
            let before = pieces[..<part].reduce(0, +)
            return (0..<parts[part]).map { row in
                row / pieces[part] * size + before + row % pieces[part]
            }
        }
    }
}
