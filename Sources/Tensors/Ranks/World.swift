import Synchronization
import System

/// The ranks among which a run is divided, and into how many shards a batch is: what is computed of a batch's rows is
/// computed shard by shard, and gradients are summed over shards in a fixed order, so that a result depends on the number of
/// shards and not on that of ranks.
public final class World: Sendable {
    package let communicator: any Communicator
    /// The place of this process among the ranks, from 0. Rank 0 writes.
    public var rank: Int { communicator.rank }
    /// Number of ranks.
    public var size: Int { communicator.size }
    /// Shards of a batch, a multiple of ``size``.
    public let shards: Int
    private let state = Mutex(State())

    private struct State {
        var isDivided = false
        var isTogether = false
        var traffic = Traffic()
    }

    /// Bytes that left this rank, and seconds that exchanges took with all waiting.
    package struct Traffic: Sendable {
        package var bytes = 0
        package var seconds = 0.0

        package init(bytes: Int = 0, seconds: Double = 0) { (self.bytes, self.seconds) = (bytes, seconds) }

        package static func + (a: Self, b: Self) -> Self {
            Self(bytes: a.bytes + b.bytes, seconds: a.seconds + b.seconds)
        }

        package static func - (a: Self, b: Self) -> Self {
            Self(bytes: a.bytes - b.bytes, seconds: a.seconds - b.seconds)
        }
    }

    /// One process, one shard.
    public static let alone = World(Solitude(), shards: 1)

    /// - Parameter shards: a multiple of the number of ranks; by default that number.
    public init(_ communicator: any Communicator, shards: Int? = nil) {
        let shards = shards ?? communicator.size
        precondition(shards % communicator.size == 0, "\(shards) shards for \(communicator.size) ranks")
        (self.communicator, self.shards) = (communicator, shards)
    }

    /// One process that computes in so many shards.
    public convenience init(shards: Int) { self.init(Solitude(), shards: shards) }

    /// The shards of this rank.
    public var own: Range<Int> {
        let count = shards / size
        return rank * count..<(rank + 1) * count
    }

    /// Whether this rank writes files and speaks to the user.
    public var isFirst: Bool { rank == 0 }

    package var traffic: Traffic { state.withLock { $0.traffic } }

    // MARK: Shards

    /// Whether rows of a shard are being computed: random numbers then need a key that says which rows they are of.
    public var isDivided: Bool { shards > 1 && state.withLock { $0.isDivided } }

    /// Runs what computes rows of a shard.
    package func divided<Result>(_ body: () throws -> Result) rethrows -> Result {
        state.withLock { $0.isDivided = true }
        defer { state.withLock { $0.isDivided = false } }
        return try body()
    }

    /// Whether the ranks run something that they agree about afterwards; no exchange is made in it.
    var isTogether: Bool {
        get { state.withLock { $0.isTogether } }
        set { state.withLock { $0.isTogether = newValue } }
    }

    // MARK: Exchanges

    /// Counts an exchange in which so many bytes leave this rank.
    package func exchange(_ bytes: Int, _ body: () -> Void) {
        let start = ContinuousClock.now
        body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        state.withLock {
            $0.traffic.bytes += bytes
            $0.traffic.seconds += seconds
        }
    }

    /// `count` numbers of each rank, in order of ranks.
    package func gather(_ own: [Int]) -> [Int] {
        guard size > 1 else { return own }
        var all = [Int](repeating: 0, count: own.count * size)
        own.withUnsafeBytes { own in
            all.withUnsafeMutableBytes { all in
                exchange(own.count * (size - 1)) { communicator.allGather(own, all) }
            }
        }
        return all
    }

    /// A text of each rank, in order of ranks.
    package func gather(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        let counts = gather([bytes.count])
        // All ranks send as many bytes as the longest text has.
        let padded = bytes + [UInt8](repeating: 0, count: (counts.max() ?? 0) - bytes.count)
        guard size > 1, !padded.isEmpty else { return counts.map { _ in text } }
        var all = [UInt8](repeating: 0, count: padded.count * size)
        padded.withUnsafeBytes { own in
            all.withUnsafeMutableBytes { all in communicator.allGather(own, all) }
        }
        return counts.enumerated().map { rank, count in
            String(decoding: all[rank * padded.count..<rank * padded.count + count], as: UTF8.self)
        }
    }

    /// The bytes that rank 0 has; nil where it has none. Those of other ranks do not count.
    package func fromFirst(_ bytes: [UInt8]?) -> [UInt8]? {
        guard size > 1 else { return bytes }
        let count = gather([bytes?.count ?? -1])[0]
        guard count >= 0 else { return nil }
        var data = isFirst ? bytes ?? [] : [UInt8](repeating: 0, count: count)
        data.withUnsafeMutableBytes { data in broadcast(data) }
        return data
    }

    /// The file that rank 0 has read; nil where it has none.
    package func fromFirst(_ own: SafetensorsFile?, name: String) throws -> SafetensorsFile? {
        guard size > 1 else { return own }
        guard let bytes = fromFirst(own?.bytes) else { return nil }
        return try own ?? SafetensorsFile(bytes: bytes, name: name)
    }

    /// The number that rank 0 has.
    package func fromFirst(_ number: Int) -> Int { gather([number])[0] }

    /// The bytes of rank 0 to all, in messages that every MPI takes.
    package func broadcast(_ data: UnsafeMutableRawBufferPointer) {
        guard size > 1 else { return }
        for part in chunks(of: data.count, by: 1 << 30) {
            exchange(isFirst ? part.count : 0) {
                communicator.broadcast(UnsafeMutableRawBufferPointer(rebasing: data[part]), from: 0)
            }
        }
    }
}
