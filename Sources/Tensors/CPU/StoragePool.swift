import Synchronization
import System

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory of a backend's tensors. Freed memory is kept and used again, because 16 MB fresh from the system cost
/// milliseconds of page faults. The pool is thread-safe.
final class StoragePool: Sendable {
    fileprivate struct State: ~Copyable {
        var arenas: [Arena] = []
        /// Freed small blocks by size.
        var small: [Int: [UInt]] = [:]
        var peak = 0

        var held: Int { arenas.reduce(0) { $0 + $1.top } }
    }

    /// Blocks below are many and stay apart: lists of them are quicker than a search for the best fit.
    fileprivate static let largestSmall = 64 << 10

    private let state = Mutex(State())

    /// Bytes obtained from the system, those in use and free ones, and their maximum since `resetPeak`.
    var memory: (held: Int, peak: Int) { state.withLock { ($0.held, $0.peak) } }

    func resetPeak() { state.withLock { $0.peak = $0.held } }

    /// A block of at least `byteCount` bytes, aligned to 64, uninitialised. It returns to the pool with the
    /// last reference to the storage.
    func allocate(_ byteCount: Int) -> HostStorage {
        let size = Self.size(of: byteCount)
        let address = state.withLock { $0.allocate(size) }
        guard let address, let base = UnsafeMutableRawPointer(bitPattern: address) else {
            Self.endProcess(lacking: size, held: memory.held)
        }
        return HostStorage(base: base, byteCount: size, pool: self)
    }

    /// Takes back a block of ``allocate(_:)``.
    func release(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
        let address = UInt(bitPattern: base)
        state.withLock { $0.release(address, byteCount) }
    }

    /// Ends the process: an update that is half done cannot be undone, but a run continues from its last checkpoint.
    private static func endProcess(lacking size: Int, held: Int) -> Never {
        let error = UserError(
            .memory,
            "out of memory: tensors hold \(held >> 20) MB, and \(size >> 20) MB more cannot be had",
            advice: "take smaller batches, networks or pools")
        var line = "fce: error: \(error)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(error.kind.rawValue)
    }

    /// The size of the block for a request, a multiple of 64. Small blocks have sizes 2ⁿ·{4, 5, 6, 7}/4, so that one
    /// block serves every request near its size and at most a quarter of it is unused.
    static func size(of byteCount: Int) -> Int {
        guard byteCount > 64 else { return 64 }
        let quarter = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount - 2)
        let step = byteCount <= largestSmall ? max(64, quarter) : 64
        return (byteCount + step - 1) / step * step
    }
}

extension StoragePool.State {
    /// The address of a block.
    fileprivate mutating func allocate(_ size: Int) -> UInt? {
        if let reused = small[size]?.popLast() { return reused }
        defer { peak = max(peak, held) }
        for arena in arenas {
            if let address = arena.allocate(size) { return address }
        }
        guard let arena = Arena(minimum: size) else { return nil }
        arenas.append(arena)
        return arena.allocate(size)
    }

    fileprivate mutating func release(_ address: UInt, _ size: Int) {
        if size <= StoragePool.largestSmall {
            small[size, default: []].append(address)
        } else {
            arenas.first { $0.contains(address) }?.release(address, size)
        }
    }
}
