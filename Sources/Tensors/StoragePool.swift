import CKernels
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Keeps freed blocks for reuse: a fresh block of 16 MB costs milliseconds of page faults.
///
/// Sizes are rounded up to powers of two with three steps between, so that a block serves every request of
/// its bucket and at most a quarter of it is unused. Thread-safe.
final class StoragePool: Sendable {
    private struct State: ~Copyable {
        var free: [Int: [UInt]] = [:]
        var held = 0
        var peak = 0
    }

    private let state = Mutex(State())

    /// Bytes obtained from the system, blocks in use and free ones, and their maximum since `resetPeak`.
    var memory: (held: Int, peak: Int) { state.withLock { ($0.held, $0.peak) } }

    func resetPeak() { state.withLock { $0.peak = $0.held } }

    /// A block of at least `byteCount` bytes, aligned to 64, uninitialised. It returns to the pool with the
    /// last reference to the storage.
    func allocate(_ byteCount: Int) -> Storage {
        let size = Self.bucket(byteCount)
        return Storage(base: block(size), byteCount: size) { [self] base, size in
            state.withLock { $0.free[size, default: []].append(UInt(bitPattern: base)) }
        }
    }

    private func block(_ size: Int) -> UnsafeMutableRawPointer {
        let reused = state.withLock { $0.free[size]?.popLast() }
        if let reused, let base = UnsafeMutableRawPointer(bitPattern: reused) { return base }
        let base = Self.systemBlock(size)
        state.withLock {
            $0.held += size
            $0.peak = max($0.peak, $0.held)
        }
        return base
    }

    private static func systemBlock(_ size: Int) -> UnsafeMutableRawPointer {
        let hugePage = 2 << 20
        let isLarge = size >= 2 * hugePage
        var base: UnsafeMutableRawPointer?
        let status = posix_memalign(&base, isLarge ? hugePage : 64, size)
        guard status == 0, let base else { preconditionFailure("out of memory: \(size) bytes") }
        // Advice only: the system may have none to give.
        if isLarge { _ = madvise(base, size, MADV_HUGEPAGE) }
        return base
    }

    /// The smallest of 2ⁿ·{4, 5, 6, 7}/4 that holds `byteCount`, at least 64.
    static func bucket(_ byteCount: Int) -> Int {
        guard byteCount > 64 else { return 64 }
        let step = max(64, 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount - 2))
        return (byteCount + step - 1) / step * step
    }

    deinit {
        state.withLock { state in
            for address in state.free.values.joined() { free(UnsafeMutableRawPointer(bitPattern: address)) }
        }
        fc_release_freed_memory()
    }
}
