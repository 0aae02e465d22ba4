import Foundation
import Tensors

/// Ranks that are threads of this process: what MPI does between processes, for tests that need no MPI.
public enum ThreadRanks {
    /// Runs `body` once for each of `size` ranks at the same time, and returns the results in order of ranks.
    public static func run<Result: Sendable>(
        _ size: Int, shards: Int? = nil, _ body: @escaping @Sendable (World) throws -> Result
    ) throws -> [Result] {
        let (meeting, results) = (Meeting(size), Results<Result>())
        let done = DispatchGroup()
        for rank in 0..<size {
            done.enter()
            let thread = Thread {
                let world = World(ThreadRank(rank, meeting), shards: shards)
                results.set(rank, Swift.Result { try body(world) })
                done.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        done.wait()
        return try (0..<size).map { try results.get($0).get() }
    }
}

private final class Results<Result>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Int: Swift.Result<Result, any Error>] = [:]

    func set(_ rank: Int, _ value: Swift.Result<Result, any Error>) {
        lock.withLock { values[rank] = value }
    }

    func get(_ rank: Int) -> Swift.Result<Result, any Error> {
        lock.withLock {
            guard let value = values[rank] else { preconditionFailure("a rank without a result") }
            return value
        }
    }
}

/// Where all ranks hand in bytes and take those of all.
private final class Meeting: @unchecked Sendable {
    let size: Int
    private let condition = NSCondition()
    private var offers: [Int: [UInt8]] = [:]
    private var complete: [[UInt8]] = []
    private var round = 0

    init(_ size: Int) { self.size = size }

    /// What all ranks offer, in order of ranks.
    func exchange(_ bytes: [UInt8], of rank: Int) -> [[UInt8]] {
        condition.lock()
        defer { condition.unlock() }
        offers[rank] = bytes
        if offers.count == size {
            complete = (0..<size).map { offers[$0] ?? [] }
            offers = [:]
            round += 1
            condition.broadcast()
        } else {
            let own = round
            while round == own { condition.wait() }
        }
        return complete
    }
}

private final class ThreadRank: Communicator {
    let rank: Int
    private let meeting: Meeting
    var size: Int { meeting.size }

    init(_ rank: Int, _ meeting: Meeting) { (self.rank, self.meeting) = (rank, meeting) }

    func allGather(_ own: UnsafeRawBufferPointer, _ all: UnsafeMutableRawBufferPointer) {
        for (rank, bytes) in meeting.exchange(Array(own), of: rank).enumerated() {
            precondition(bytes.count == own.count, "ranks offer \(bytes.count) and \(own.count) bytes")
            copy(bytes[...], all, at: rank * own.count)
        }
    }

    func allToAll(_ out: UnsafeRawBufferPointer, _ into: UnsafeMutableRawBufferPointer) {
        let part = out.count / size
        for (other, bytes) in meeting.exchange(Array(out), of: rank).enumerated() {
            copy(bytes[rank * part..<(rank + 1) * part], into, at: other * part)
        }
    }

    func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) {
        let all = meeting.exchange(rank == root ? Array(data) : [], of: rank)
        copy(all[root][...], data, at: 0)
    }

    private func copy(_ bytes: ArraySlice<UInt8>, _ target: UnsafeMutableRawBufferPointer, at start: Int) {
        UnsafeMutableRawBufferPointer(rebasing: target[start..<start + bytes.count]).copyBytes(from: bytes)
    }

    func farewell(_ word: Int32, seconds: Double) -> [Int32]? {
        meeting.exchange([UInt8](repeating: UInt8(truncatingIfNeeded: word), count: 1), of: rank)
            .map { Int32($0[0]) }
    }

    func abort(_ code: Int32) {}
    func finalize(_ code: Int32) {}
}
