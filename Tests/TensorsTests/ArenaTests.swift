import Testing

@testable import Tensors

@Suite("Arena")
struct ArenaTests {
    private let kilobyte = 1024

    private func makeArena() throws -> Arena { try #require(Arena(minimum: 1 << 20)) }

    @Test func neighboursJoinWhateverTheOrderTheyComeFree() throws {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
            let arena = try makeArena()
            let blocks = try (0..<3).map { _ in try #require(arena.allocate(kilobyte)) }
            for index in order { arena.release(blocks[index], kilobyte) }
            #expect(arena.allocate(3 * kilobyte) == blocks[0] && arena.top == 3 * kilobyte)
        }
    }

    @Test func theSmallestHoleThatIsLargeEnoughIsTaken() throws {
        let arena = try makeArena()
        let sizes = [3, 1, 2, 1, 1].map { $0 * kilobyte }
        let blocks = try sizes.map { try #require(arena.allocate($0)) }
        arena.release(blocks[0], sizes[0])
        arena.release(blocks[2], sizes[2])
        #expect(arena.allocate(2 * kilobyte) == blocks[2])
        #expect(arena.allocate(kilobyte) == blocks[0])
        #expect(arena.allocate(2 * kilobyte) == blocks[0] + UInt(kilobyte))
        #expect(arena.top == 8 * kilobyte)
    }

    @Test func aFreeEndGrows() throws {
        let arena = try makeArena()
        _ = arena.allocate(kilobyte)
        let end = try #require(arena.allocate(kilobyte))
        arena.release(end, kilobyte)
        #expect(arena.allocate(5 * kilobyte) == end && arena.top == 6 * kilobyte)
    }

    /// No two blocks overlap, all can be written to, and once all are free the range is one span again.
    @Test func blocksOfManySizesKeepTheirContents() throws {
        let arena = try makeArena()
        var stream = RandomStream(RandomKey(seed: 1, purpose: .noise))
        var blocks: [(address: UInt, words: Int, mark: UInt64)] = []
        func release(_ block: (address: UInt, words: Int, mark: UInt64)) throws {
            let words = try #require(UnsafeMutablePointer<UInt64>(bitPattern: block.address))
            #expect((0..<block.words).allSatisfy { words[$0] == block.mark })
            arena.release(block.address, 8 * block.words)
        }
        for step in 0..<2000 {
            if blocks.count > 40 || (stream.uniform() < 0.4 && !blocks.isEmpty) {
                try release(blocks.remove(at: Int(stream.uniform() * Double(blocks.count))))
            } else {
                let count = 8 * (1 + Int(stream.uniform() * 4000))
                let address = try #require(arena.allocate(8 * count))
                let words = try #require(UnsafeMutablePointer<UInt64>(bitPattern: address))
                words.update(repeating: UInt64(step), count: count)
                blocks.append((address, count, UInt64(step)))
            }
        }
        try blocks.forEach(release)
        let top = arena.top
        #expect(arena.allocate(top) != nil && arena.top == top)
    }

    @Test func moreThanTheMachineHasIsRefused() throws {
        let arena = try makeArena()
        #expect(arena.allocate(1 << 60) == nil)
        #expect(Arena(minimum: 1 << 60) == nil)
    }

    /// What is in use already may grow no further either: the system would promise it, and kill the process for writing.
    @Test func moreThanTheSystemCanGiveIsRefused() throws {
        let arena = try #require(Arena(minimum: 1 << 20) { 100 << 20 })
        let block = try #require(arena.allocate(90 << 20))
        #expect(arena.allocate(150 << 20) == nil)
        #expect(arena.allocate(90 << 20) == block + UInt(90 << 20))
        #expect(Machine.availableMemory.map { $0 > 0 } ?? true)
    }
}
