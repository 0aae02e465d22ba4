import CKernels

extension RandomKey {
    var kernelKey: fc_key {
        fc_key(
            seed_low: UInt32(truncatingIfNeeded: seed), seed_high: UInt32(truncatingIfNeeded: seed >> 32),
            step: step, purpose: purpose.rawValue, lane: lane)
    }
}

extension CPUBackend {
    public func uniform(_ shape: Shape, from low: Double, to high: Double, key: RandomKey) -> Tensor {
        random(shape) { fc_uniform(key.kernelKey, $0, $1, $2, low, high) }
    }

    public func normal(_ shape: Shape, key: RandomKey) -> Tensor {
        random(shape) { fc_normal(key.kernelKey, $0, $1, $2) }
    }

    /// `draw` gets the first block, where to write, and how many numbers.
    private func random(_ shape: Shape, draw: (UInt32, UnsafeMutablePointer<Float>, Int) -> Void) -> Tensor {
        let y = allocate(shape, .float32)
        policy.forRanges(y.count, grain: ThreadPolicy.grain) { range in
            draw(UInt32(range.lowerBound / 4), y.floats + range.lowerBound, range.count)
        }
        return y
    }

    public func dropout(_ x: Tensor, rate: Double, key: RandomKey) -> Tensor {
        precondition(rate >= 0 && rate < 1, "dropout rate \(rate)")
        guard rate > 0 else { return x }
        // A half h stays if h ≥ rate·2¹⁶: h is whole, so the bound may be rounded up.
        let threshold = UInt32((rate * 65_536).rounded(.up))
        let y = allocateLike(x)
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { range in
            fc_dropout(
                x.code, key.kernelKey, UInt32(range.lowerBound / 8), x.bytes(at: range.lowerBound),
                y.bytes(at: range.lowerBound), range.count, threshold, Float(1 / (1 - rate)))
        }
        return y
    }
}
