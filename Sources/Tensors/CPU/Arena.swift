import CKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A range of addresses that is handed out in spans. A request gets the smallest free span that is large enough, and a
/// span that comes free joins its free neighbours, so that the memory of small tensors serves large ones later.
///
/// The range is reserved once, as large as the machine's memory; memory itself comes with the first write to a page.
final class Arena {
    private struct Span {
        let start: Int
        let count: Int
        var end: Int { start + count }
    }

    /// Bytes that may be written to grow by this much at a time.
    private static let step = 32 << 20

    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private let available: () -> Int?
    /// Free spans below `top`, by address; no two of them touch.
    private var free: [Span] = []
    private var usable = 0
    /// The most bytes from the start that were ever handed out.
    private(set) var top = 0

    /// Returns nil where the process may not have `minimum` bytes more.
    /// - Parameter available: bytes that the system can still give; nil where it does not say.
    init?(minimum: Int, available: @escaping () -> Int? = { Machine.availableMemory }) {
        let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        var capacity = (max(pages, minimum) + Self.step) / Self.step * Self.step
        var reserved = fc_reserve(capacity)
        while reserved == nil && capacity / 2 >= minimum + Self.step {
            capacity = capacity / 2 / Self.step * Self.step
            reserved = fc_reserve(capacity)
        }
        guard let reserved else { return nil }
        base = reserved
        self.capacity = capacity
        self.available = available
    }

    deinit { fc_give_back(base, capacity) }

    /// The address of `count` bytes, uninitialised; nil where the range has none left. Addresses are aligned to 64 as long
    /// as counts are multiples of it.
    func allocate(_ count: Int) -> UInt? {
        offset(of: count).map { UInt(bitPattern: base + $0) }
    }

    /// The offset at which `count` bytes begin.
    private func offset(of count: Int) -> Int? {
        if let index = bestFit(count) {
            let span = free[index]
            if span.count == count {
                free.remove(at: index)
            } else {
                free[index] = Span(start: span.start + count, count: span.count - count)
            }
            return span.start
        }
        return extended(by: count)
    }

    /// - Parameter address: what ``allocate(_:)`` returned for `count` bytes.
    func release(_ address: UInt, _ count: Int) {
        var start = Int(address - UInt(bitPattern: base))
        var end = start + count
        var index = firstFree(after: start)
        if index < free.count && free[index].start == end { end = free.remove(at: index).end }
        if index > 0 && free[index - 1].end == start {
            index -= 1
            start = free.remove(at: index).start
        }
        free.insert(Span(start: start, count: end - start), at: index)
    }

    /// Whether `address` is of this range.
    func contains(_ address: UInt) -> Bool {
        let start = UInt(bitPattern: base)
        return start <= address && address < start + UInt(capacity)
    }

    private func bestFit(_ count: Int) -> Int? {
        var best: Int?
        var least = Int.max
        for (index, span) in free.enumerated() where span.count >= count && span.count < least {
            (best, least) = (index, span.count)
        }
        return best
    }

    /// Takes the bytes from the end of what is in use, past `top`.
    private func extended(by count: Int) -> Int? {
        let start = free.last.flatMap { $0.end == top ? $0.start : nil } ?? top
        guard start + count <= capacity, makeUsable(start + count) else { return nil }
        if start < top { free.removeLast() }
        top = start + count
        return start
    }

    /// Linux promises more memory than it has and kills the process that writes to too much of it, so we ask first.
    private func makeUsable(_ end: Int) -> Bool {
        guard end > usable else { return true }
        let goal = (end + Self.step - 1) / Self.step * Self.step
        if let available = available(), goal - usable > available { return false }
        guard fc_make_usable(base + usable, goal - usable) == 0 else { return false }
        usable = goal
        return true
    }

    /// Index of the first free span that starts after `start`.
    private func firstFree(after start: Int) -> Int {
        var (low, high) = (0, free.count)
        while low < high {
            let middle = (low + high) / 2
            if free[middle].start > start { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
