import System
import TestSupport
import Testing

@testable import Tensors

@Suite("Rows and ranks") struct RankTensorTests {
    @Test(
        "Every row has its place among the shards' rows", arguments: [[8], [8, 4, 12], [7], [5, 3], [1]],
        [1, 2, 4])
    func division(_ parts: [Int], _ shards: Int) {
        let divisions = (0..<shards).map { RowDivision(parts: parts, shards: shards, own: $0..<$0 + 1) }
        let all = divisions.flatMap { $0.own.flatMap($0.rows) }
        #expect(divisions[0].positions.map { all[$0] } == Array(0..<parts.reduce(0, +)))
        #expect(divisions.allSatisfy { $0.rows($0.own.lowerBound).count == $0.shardCount })
        #expect(divisions[0].isEven == parts.allSatisfy { $0 % shards == 0 })
    }

    /// Rows of a batch of three parts, whose elements begin anywhere within a block of random numbers.
    private let rows = [1..<3, 5..<6, 8..<11]

    private func backends() throws -> [any Backend] {
        [try Device.cpu.open(threads: 2, precision: .float32), ReferenceBackend()]
    }

    @Test(
        "Rows draw what they have in the batch",
        arguments: [Shape([12, 3]), [12, 1], [12, 5, 7], [12, 9000]])
    func draws(_ shape: Shape) throws {
        let key = RandomKey(seed: 3, purpose: .noise, step: 7, lane: 2)
        let own = shape.replacingFirst(with: 6)
        for backend in try backends() {
            func expectRows(_ whole: Tensor, _ part: Tensor) {
                let expected = backend.gatherRows(whole, rows.flatMap(Array.init))
                #expect(backend.doubles(part) == backend.doubles(expected))
            }
            expectRows(backend.normal(shape, key: key), backend.normal(own, key: key.of(rows)))
            expectRows(
                backend.uniform(shape, from: -1, to: 2, key: key),
                backend.uniform(own, from: -1, to: 2, key: key.of(rows)))
            let x = backend.randomTensor(shape, seed: 5)
            expectRows(
                backend.dropout(x, rate: 0.3, key: key),
                backend.dropout(
                    backend.gatherRows(x, rows.flatMap(Array.init)), rate: 0.3, key: key.of(rows)))
            let moved = backend.translations(12, limit: 2, key: key)
            let ownMoved = backend.translations(6, limit: 2, key: key.of(rows))
            #expect(ownMoved == rows.flatMap(Array.init).map { moved[$0] })
        }
    }

    @Test("A tensor of the first rows takes the first of the key's")
    func firstRows() throws {
        let key = RandomKey(seed: 3, purpose: .noise)
        for backend in try backends() {
            let whole = backend.normal([6, 5], key: key.of(rows))
            let first = backend.normal([2, 5], key: key.of(rows))
            #expect(backend.doubles(first) == backend.doubles(whole.rows(0..<2)))
        }
    }

    @Test("Rows of a shard are not drawn by a key that does not name them")
    func trap() async {
        await #expect(processExitsWith: .failure) {
            let backend = try Device.cpu.open(threads: 1, precision: .float32, world: World(shards: 2))
            let key = RandomKey(seed: 1, purpose: .noise)
            _ = backend.normal([2, 2], key: key)
            backend.world.divided { _ = backend.normal([2, 2], key: key.of([0..<2])) }
            guard backend.world.shards == 2, !backend.world.isDivided else { return }
            backend.world.divided { _ = backend.normal([2, 2], key: key) }
        }
    }

    @Test("A sum over shards has the same bits on any number of ranks", arguments: [1, 3, 1000])
    func sums(_ count: Int) throws {
        @Sendable func sum(_ world: World) throws -> [Float] {
            let backend = try Device.cpu.open(threads: 1, precision: .float32, world: world)
            let own = world.own.map { backend.randomTensor([count], seed: UInt64($0 + 1), scale: 1e3) }
            return backend.floats(backend.addShards(own))
        }
        let one = try sum(World(shards: 4))
        for ranks in [2, 4] {
            #expect(try ThreadRanks.run(ranks, shards: 4, sum) == Array(repeating: one, count: ranks))
        }
        // Not in any order: (0 + 1) + (2 + 3).
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let parts = (0..<4).map {
            backend.floats(backend.randomTensor([count], seed: UInt64($0 + 1), scale: 1e3))
        }
        let expected = (0..<count).map { index -> Float in
            let (first, second) = (parts[0][index] + parts[1][index], parts[2][index] + parts[3][index])
            return first + second
        }
        #expect(one == expected)
    }

    @Test func ranksGatherNumbersTextsAndBytes() throws {
        let all = try ThreadRanks.run(3) { world in
            let numbers = world.gather([world.rank, 7])
            let texts = world.gather(String(repeating: "ä", count: world.rank))
            let bytes = world.fromFirst(world.isFirst ? [1, 2, 3] : nil)
            return (numbers, texts, bytes, world.fromFirst(nil), world.fromFirst(5 + world.rank))
        }
        for result in all {
            #expect(result.0 == [0, 7, 1, 7, 2, 7])
            #expect(result.1 == ["", "ä", "ää"])
            #expect(result.2 == [1, 2, 3] && result.3 == nil && result.4 == 5)
        }
    }

    @Test("What fails on one rank fails on all, with one message")
    func together() throws {
        let error = UserError(.missing, "is missing", at: "a.png", advice: "get it")
        let thrown = try ThreadRanks.run(3) { world in
            let rank = try world.together { world.rank }
            #expect(rank == world.rank)
            return #expect(throws: UserError.self) {
                try world.together { if world.rank == 1 { throw error } }
            }
        }
        #expect(thrown == [error, error, error])
    }

    @Test func ranksThatDisagreeSayAboutWhat() throws {
        let thrown = try ThreadRanks.run(2) { world in
            try world.expectSame([("the recipe", "a")], advice: "mend it")
            return #expect(throws: UserError.self) {
                try world.expectSame(
                    [("the recipe", "a"), ("the data", "\(world.rank)")], advice: "mend it")
            }
        }
        for error in thrown {
            #expect(error?.kind == .recipe)
            #expect(error?.what == "ranks disagree about the data: rank 0 has 0, rank 1 has 1")
        }
    }
}
