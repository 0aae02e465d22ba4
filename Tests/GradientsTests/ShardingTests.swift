import Tensors
import TestSupport
import Testing

@testable import Gradients

@Suite("Shards of a batch") struct ShardingTests {
    /// A function of a batch in which rows of shards are gathered and divided again: its value and its gradient.
    private static func run(_ world: World, again: RowDivision?) throws -> [[Double]] {
        let backend = try Device.cpu.open(threads: 1, precision: .float32, world: world)
        let tape = Tape(backend)
        let x = tape.variable(backend.randomTensor([8, 3], seed: 1))
        let division = RowDivision(parts: [6, 2], shards: world.shards, own: world.own)
        let squares = gathered(x.divided(by: division).map { $0 * $0 }, by: division)
        let second =
            again.map { RowDivision(parts: $0.parts, shards: world.shards, own: world.own) } ?? division
        let cubes = gathered(squares.divided(by: second).map { $0 * $0 }, by: second)
        let weights = tape.constant(backend.randomTensor([8, 3], seed: 2))
        let loss = (cubes * weights + squares).sum(.all)
        tape.backward(from: loss)
        return [backend.doubles(cubes.value), backend.doubles(x.gradient ?? backend.zerosLike(x.value))]
    }

    @Test("Dividing and gathering is the identity, forward and back", arguments: [true, false])
    func identity(dividesElsewhere: Bool) throws {
        let again = dividesElsewhere ? RowDivision(parts: [8], shards: 1, own: 0..<1) : nil
        let whole = try Self.run(.alone, again: again)
        #expect(try Self.run(World(shards: 2), again: again) == whole)
        let ranks = try ThreadRanks.run(2) { try Self.run($0, again: again) }
        #expect(ranks == [whole, whole])
    }

    @Test("Rows that do not divide evenly are gathered without their padding")
    func padding() throws {
        let ranks = try ThreadRanks.run(4) { world in
            let backend = try Device.cpu.open(threads: 1, precision: .float32, world: world)
            let tape = Tape(backend)
            let x = tape.constant(backend.randomTensor([5, 2], seed: 1))
            let division = RowDivision(parts: [5], shards: 4, own: world.own)
            return [
                backend.floats(gathered(x.divided(by: division), by: division).value),
                backend.floats(x.value),
            ]
        }
        for rank in ranks { #expect(rank[0] == rank[1]) }
    }

    private static func normalized(_ world: World, _ rows: Range<Int>) throws -> [[Double]] {
        let backend = try Device.cpu.open(threads: 1, precision: .float32, world: world)
        let tape = Tape(backend)
        let x = tape.variable(backend.randomTensor([8, 2, 2, 3], seed: 1, shift: 2).rows(rows))
        let gamma = tape.variable(backend.randomTensor([3], seed: 2))
        let beta = tape.variable(backend.randomTensor([3], seed: 3))
        let (y, mean, variance) = x.batchNormalized(gamma: gamma, beta: beta, epsilon: 1e-5, over: world)
        let dy = backend.randomTensor([8, 2, 2, 3], seed: 4).rows(rows)
        tape.backward(from: (y * tape.constant(dy)).sum(.all))
        return ([y.value, mean, variance] + [x, gamma, beta].compactMap(\.gradient)).map(backend.doubles)
    }

    @Test("Batch normalisation over ranks is that of the whole batch")
    func batchNorm() throws {
        let whole = try Self.normalized(.alone, 0..<8)
        let ranks = try ThreadRanks.run(2) { try Self.normalized($0, 4 * $0.rank..<4 * $0.rank + 4) }
        expectClose(ranks[0][0] + ranks[1][0], whole[0], relative: 1e-5)
        for rank in ranks {
            expectClose(rank[1], whole[1], relative: 1e-5)
            expectClose(rank[2], whole[2], relative: 1e-5)
        }
        expectClose(ranks[0][3] + ranks[1][3], whole[3], relative: 1e-5)
        for parameter in [4, 5] {
            expectClose(
                zip(ranks[0][parameter], ranks[1][parameter]).map(+), whole[parameter], relative: 1e-5)
        }
    }
}
