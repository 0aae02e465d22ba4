/// What random numbers are for. A stream is (seed, purpose, step): nothing is global, so a resumed run draws
/// what the uninterrupted one would have drawn.
public enum RandomPurpose: UInt32, Sendable, CaseIterable {
    case split = 1
    case initialization, dequantization, dropout, sample, batchOrder, adversary, evaluation, bootstrap
    case noise, density, augmentation
}

/// Names one random stream; see Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011.
public struct RandomKey: Hashable, Sendable {
    public let seed: UInt64
    public let purpose: RandomPurpose
    public let step: UInt32
    /// Separates the draws of one step: layers, batches, passes.
    public let lane: UInt32
    /// The rows of a batch that what is drawn is of, where it is of some only: kernels then draw what these rows have in the whole.
    public let rows: [Range<Int>]?

    public init(
        seed: UInt64, purpose: RandomPurpose, step: Int = 0, lane: Int = 0, rows: [Range<Int>]? = nil
    ) {
        self.seed = seed
        self.purpose = purpose
        self.step = UInt32(truncatingIfNeeded: step)
        self.lane = UInt32(truncatingIfNeeded: lane)
        self.rows = rows
    }

    public func lane(_ lane: Int) -> RandomKey {
        RandomKey(seed: seed, purpose: purpose, step: Int(step), lane: lane, rows: rows)
    }

    /// The same stream for some rows of a batch; see ``rows``.
    public func of(_ rows: [Range<Int>]) -> RandomKey {
        RandomKey(seed: seed, purpose: purpose, step: Int(step), lane: Int(lane), rows: rows)
    }

    /// Philox4x32-10 of block `index`: counter = (index, step, purpose ⊕ lane·2⁸), key = seed.
    /// `index` counts blocks of four numbers and must stay below 2³².
    @inlinable
    public func block(_ index: UInt32) -> (UInt32, UInt32, UInt32, UInt32) {
        var c0 = index
        var c1 = step
        var c2 = purpose.rawValue
        var c3 = lane
        var k0 = UInt32(truncatingIfNeeded: seed)
        var k1 = UInt32(truncatingIfNeeded: seed >> 32)
        for _ in 0..<10 {
            let p0 = UInt64(c0) &* 0xD251_1F53
            let p1 = UInt64(c2) &* 0xCD9E_8D57
            let n0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0
            let n2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1
            c1 = UInt32(truncatingIfNeeded: p1)
            c3 = UInt32(truncatingIfNeeded: p0)
            c0 = n0
            c2 = n2
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}

/// A sequential generator over one stream, for host-side choices: splits, batch order, 2-D densities.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private let key: RandomKey
    private var index: UInt32 = 0
    private var buffered: [UInt32] = []

    public init(_ key: RandomKey) { self.key = key }

    private mutating func nextWord() -> UInt32 {
        if buffered.isEmpty {
            let b = key.block(index)
            index += 1
            buffered = [b.3, b.2, b.1, b.0]
        }
        return buffered.removeLast()
    }

    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord())
        return low | UInt64(nextWord()) << 32
    }

    /// Uniform in [0, 1), 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform integer in 0..<bound, by Lemire's multiply-and-reject (part of our format: the standard
    /// library's `shuffle` and `random(in:)` may change between releases).
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        let n = UInt64(bound)
        let threshold = (0 &- n) % n
        while true {
            let (high, low) = next().multipliedFullWidth(by: n)
            if low >= threshold { return Int(high) }
        }
    }

    /// Fisher–Yates.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, below(i + 1)) }
        return order
    }
}
