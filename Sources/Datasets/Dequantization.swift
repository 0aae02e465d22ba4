import Tensors

/// How bytes become the real numbers on which densities are defined: [−0.5, 0.5), one bin 1/256 wide a value.
public enum Dequantization: Sendable, Equatable {
    /// x̃ = v/256 − 0.5 + u/256 with u uniform in [0, 1): Theis, van den Oord, Bethge, arXiv:1511.01844, eq. 2.
    case uniform
    /// Bin centres, x = v/256 − 0.5 + 1/512, for classification and pictures.
    case centre

    /// Width of a bin, in units of x.
    static let bin: Float = 0x1p-8

    /// `bytes` on the scale [−0.5, 0.5); `key` draws the noise of `.uniform`: number i of the result depends on the
    /// key, on i and on byte i alone.
    ///
    /// u takes the 2¹⁶ values (h + ½)/2¹⁶, whose mean is the bin's centre. Each x̃ is then a multiple of 2⁻²⁵ within
    /// ±0.5, which float32 represents exactly: nothing is rounded, so no x̃ reaches the next bin or 0.5, and
    /// ⌊256 (x̃ + 0.5)⌋ is v again.
    public func apply(_ bytes: some Collection<UInt8>, key: RandomKey) -> [Float] {
        [Float](unsafeUninitializedCapacity: bytes.count) { values, count in
            for byte in bytes {
                values[count] = Float(byte) * Self.bin + (Self.bin / 2 - 0.5)
                count += 1
            }
            if self == .uniform { Self.addNoise(&values, count, key) }
        }
    }

    /// Moves bin centres by u/256 − 1/512; each block of the generator serves eight numbers.
    private static func addNoise(
        _ values: inout UnsafeMutableBufferPointer<Float>, _ count: Int, _ key: RandomKey
    ) {
        for start in stride(from: 0, to: count, by: 8) {
            let block = key.block(UInt32(truncatingIfNeeded: start / 8))
            let words = SIMD4<UInt32>(block.0, block.1, block.2, block.3)
            let low = offset(words & 0xFFFF)
            let high = offset(words &>> 16)
            for i in 0..<min(8, count - start) { values[start + i] += i < 4 ? low[i] : high[i - 4] }
        }
    }

    /// (2h + 1 − 2¹⁶) 2⁻²⁵ for sixteen random bits h.
    private static func offset(_ bits: SIMD4<UInt32>) -> SIMD4<Float> {
        SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: bits &<< 1) &- 0xFFFF) * 0x1p-25
    }

    /// The byte whose bin holds `value`; values outside [−0.5, 0.5) go to the nearest byte, NaN to 0.
    public static func byte(_ value: Float) -> UInt8 {
        let scaled = ((value + 0.5) / bin).rounded(.down)
        return scaled >= 0 ? UInt8(min(255, scaled)) : 0
    }
}
