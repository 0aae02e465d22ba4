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
    public func apply(_ bytes: [UInt8], key: RandomKey) -> [Float] {
        var values = bytes.map { Float($0) * Self.bin + (Self.bin / 2 - 0.5) }
        guard self == .uniform else { return values }
        values.withUnsafeMutableBufferPointer { values in
            for block in 0..<(values.count + 7) / 8 {
                let words = key.block(UInt32(truncatingIfNeeded: block))
                let rest = UnsafeMutableBufferPointer(rebasing: values[(8 * block)...])
                Self.addNoise(words.0, rest, at: 0)
                Self.addNoise(words.1, rest, at: 2)
                Self.addNoise(words.2, rest, at: 4)
                Self.addNoise(words.3, rest, at: 6)
            }
        }
        return values
    }

    /// Moves two bin centres by u/256 − 1/512 = (2h + 1 − 2¹⁶) 2⁻²⁵, h the halves of a random word.
    @inline(__always)
    private static func addNoise(_ word: UInt32, _ values: UnsafeMutableBufferPointer<Float>, at index: Int) {
        if index < values.count { values[index] += offset(word & 0xFFFF) }
        if index + 1 < values.count { values[index + 1] += offset(word >> 16) }
    }

    @inline(__always)
    private static func offset(_ half: UInt32) -> Float {
        Float(2 &* Int32(truncatingIfNeeded: half) &- 0xFFFF) * 0x1p-25
    }

    /// The byte whose bin holds `value`; values outside [−0.5, 0.5) go to the nearest byte, NaN to 0.
    public static func byte(_ value: Float) -> UInt8 {
        let scaled = ((value + 0.5) / bin).rounded(.down)
        return scaled >= 0 ? UInt8(min(255, scaled)) : 0
    }
}
