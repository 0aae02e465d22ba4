import Tensors

// Rows of a batch that shards compute, and batches that are made of them again. Every rank has the whole batch before and
// after, and its own rows in between; gradients go the same way back.

extension Variable {
    /// The rows of this rank's shards of a batch `[N, …]`, `[N/S, …]` for each. The gradient of the whole is gathered from all
    /// ranks.
    public func divided(by division: RowDivision) -> [Variable] {
        precondition(shape.first == division.count, "\(shape) divided as \(division.parts)")
        if let origin, origin.division == division { return origin.shards }
        precondition(division.isEven || !isTracked, "gradients of padded rows of \(division.parts)")
        let (backend, size) = (backend, division.shardCount)
        let own = tape.record(
            backend.gatherRows(value, division.own.flatMap(division.rows)), from: [self]
        ) { dy in
            self.receive(backend.gatherRows(backend.gathered(dy), division.positions))
        }
        guard division.own.count > 1 else { return [own] }
        return (0..<division.own.count).map { own.rows($0 * size..<($0 + 1) * size) }
    }
}

/// The batch `[N, …]` that all ranks' shards make, given those of this rank. Of its gradient each shard takes its own rows.
public func gathered(_ own: [Variable], by division: RowDivision) -> Variable {
    precondition(own.count == division.own.count, "\(own.count) results of \(division.own.count) shards")
    let tape = own[0].tape
    let backend = tape.backend
    let local = own.count == 1 ? own[0].value : backend.stacked(own.map(\.value))
    let value = backend.gatherRows(backend.gathered(local), division.positions)
    let whole = tape.record(value, from: own) { dy in
        precondition(division.isEven, "gradients of padded rows of \(division.parts)")
        for (variable, shard) in zip(own, division.own) {
            variable.receive(backend.gatherRows(dy, division.rows(shard)))
        }
    }
    whole.origin = (division, own)
    return whole
}

extension Variable {
    /// The sum over ranks of what each has a share of, such as a sum over its rows; each goes on with the whole sum.
    public func summedOverRanks(_ ranks: World) -> Variable {
        guard ranks.size > 1 else { return self }
        let backend = backend
        func total(_ x: Tensor) -> Tensor {
            backend.sum(backend.gathered(x.reshaped([1, x.count])), .channels).reshaped(x.shape)
        }
        return tape.record(total(value), from: [self]) { dy in self.receive(total(dy)) }
    }
}
