import Gradients
import Tensors

/// What a model computes rows of a batch in: the rows, and a pass for them.
public struct Shard {
    /// The pass of these rows, with random draws and parameters of their own.
    public let pass: Pass
    /// Rows of the shard.
    public let count: Int
    /// The shard's number among those of this rank.
    public let index: Int
    private let rows: [Range<Int>]?
    private let divide: (Variable) -> Variable

    /// All rows, where nothing is divided.
    fileprivate init(all count: Int, _ pass: Pass) {
        (self.count, self.pass, index, rows, divide) = (count, pass, 0, nil, { $0 })
    }

    fileprivate init(
        _ division: RowDivision, _ index: Int, _ pass: Pass, _ divide: @escaping (Variable) -> Variable
    ) {
        let rows = division.ranges(division.own.lowerBound + index)
        (self.index, self.divide, self.rows) = (index, divide, rows)
        count = division.shardCount
        self.pass = pass.ofShard(index, rows: rows)
    }

    /// The shard's rows of a batch `[N, …]`.
    public func callAsFunction(_ batch: Variable) -> Variable { divide(batch) }

    /// The key of what is drawn for these rows, given that of the batch.
    public func key(_ key: RandomKey) -> RandomKey { rows.map { key.of($0) } ?? key }
}

extension Pass {
    /// Computes results for the rows of a batch, each rank those of its shards: this is where a run is divided among ranks.
    ///
    /// All that is computed inside `body` is a function of a row alone, but for batch normalisation. What comes before and after
    /// is computed by every rank for the whole batch.
    ///
    /// - Parameters:
    ///   - parts: rows of the batch's parts, which are divided one by one.
    ///   - body: the results `[N/S, …]` for the rows of a shard, or `[N, …]` for all.
    /// - Returns: the results `[N, …]`.
    public func sharded(_ parts: [Int], _ body: (Shard) -> [Variable]) -> [Variable] {
        let world = backend.world
        let division = RowDivision(parts: parts, shards: world.shards, own: world.own)
        guard world.shards > 1, shard == nil, divides(division) else {
            return body(Shard(all: division.count, self))
        }
        var batches: [(whole: Variable, shards: [Variable])] = []
        func rows(of batch: Variable, _ index: Int) -> Variable {
            if let known = batches.first(where: { $0.whole === batch }) { return known.shards[index] }
            let shards = batch.divided(by: division)
            batches.append((batch, shards))
            return shards[index]
        }
        let results = (0..<world.own.count).map { index in
            let shard = Shard(division, index, self) { rows(of: $0, index) }
            return world.divided { body(shard) }
        }
        return results[0].indices.map { result in gathered(results.map { $0[result] }, by: division) }
    }

    /// ``sharded(_:_:)`` for one result of a batch of one part.
    public func sharded(_ count: Int, _ body: (Shard) -> Variable) -> Variable {
        sharded([count]) { [body($0)] }[0]
    }

    /// An initialising pass looks at a whole batch. Rows are padded in evaluation only: elsewhere they may have gradients, or
    /// statistics.
    private func divides(_ division: RowDivision) -> Bool {
        switch mode {
        case .initialize: false
        case .evaluate: division.isEven || !isTrainable
        case .train: division.isEven
        }
    }
}

extension Pass.Mode {
    /// The mode for some rows of a batch.
    func of(_ rows: [Range<Int>]) -> Pass.Mode {
        switch self {
        case .train(let key): .train(dropout: key.of(rows))
        case .initialize(let key): .initialize(dropout: key?.of(rows))
        case .evaluate: .evaluate
        }
    }
}
