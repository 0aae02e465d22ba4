/// Moves bytes between the ranks of a run, which are processes that all execute the same program. Every rank makes the same
/// calls in the same order; a call returns when all ranks have made it. What bytes mean, and how numbers are added, is
/// ``World``'s business.
public protocol Communicator: AnyObject, Sendable {
    /// The place of this process among the ranks, from 0.
    var rank: Int { get }
    /// Number of ranks.
    var size: Int { get }
    /// The bytes of each rank to all, in order of ranks. `all` holds ``size`` times as many as `own`.
    func allGather(_ own: UnsafeRawBufferPointer, _ all: UnsafeMutableRawBufferPointer)
    /// Equal parts of `out`, one for each rank, and one from each in `into`.
    func allToAll(_ out: UnsafeRawBufferPointer, _ into: UnsafeMutableRawBufferPointer)
    /// The bytes of rank `root` to all.
    func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int)
    /// What each of the ranks that are about to leave says; nil where not all of them come within so many seconds. It never meets
    /// another exchange.
    func farewell(_ word: Int32, seconds: Double) -> [Int32]?
    /// Ends all ranks at once with an exit code.
    func abort(_ code: Int32)
    /// Leaves the ranks for good. What the process has to say it has said: it may end here, with the exit code.
    func finalize(_ code: Int32)
}

/// One process by itself.
final class Solitude: Communicator {
    let (rank, size) = (0, 1)
    func allGather(_ own: UnsafeRawBufferPointer, _ all: UnsafeMutableRawBufferPointer) {
        all.copyMemory(from: own)
    }
    func allToAll(_ out: UnsafeRawBufferPointer, _ into: UnsafeMutableRawBufferPointer) {
        into.copyMemory(from: out)
    }
    func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) {}
    func farewell(_ word: Int32, seconds: Double) -> [Int32]? { [word] }
    func abort(_ code: Int32) {}
    func finalize(_ code: Int32) {}
}
