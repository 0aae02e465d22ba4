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
        random(shape, key) { fc_uniform(key.kernelKey, $0, $1, $2, low, high) }
    }

    public func normal(_ shape: Shape, key: RandomKey) -> Tensor {
        random(shape, key) { fc_normal(key.kernelKey, $0, $1, $2) }
    }

    /// `draw` gets the first block, where to write, and how many numbers.
    private func random(
        _ shape: Shape, _ key: RandomKey, draw: (UInt32, UnsafeMutablePointer<Float>, Int) -> Void
    ) -> Tensor {
        let y = allocate(shape, .float32)
        for piece in key.pieces(of: shape, world) {
            let lead = piece.start % 4
            // Kernels begin with whole blocks: what a piece begins within is drawn from its start, and left out.
            let drawn =
                lead == 0 ? y.piece(piece.elements) : allocate([lead + piece.elements.count], .float32)
            policy.forRanges(drawn.count, grain: ThreadPolicy.grain) { range in
                draw(
                    UInt32((piece.start - lead + range.lowerBound) / 4), drawn.floats + range.lowerBound,
                    range.count)
            }
            if lead > 0 {
                copy(
                    drawn.view(from: lead, shape: [piece.elements.count]), into: y.piece(piece.elements))
            }
        }
        return y
    }

    public func dropout(_ x: Tensor, rate: Double, key: RandomKey) -> Tensor {
        precondition(rate >= 0 && rate < 1, "dropout rate \(rate)")
        guard rate > 0 else { return x }
        let y = allocateLike(x)
        for piece in key.pieces(of: x.shape, world) {
            let lead = piece.start % 8
            let (source, target) = (x.piece(piece.elements), y.piece(piece.elements))
            guard lead > 0 else {
                drop(source, into: target, rate, key, block: piece.start / 8)
                continue
            }
            // As for random numbers, from the start of a block.
            let padded = zeros([lead + source.count], x.type)
            copy(source, into: padded.view(from: lead, shape: source.shape))
            let dropped = allocateLike(padded)
            drop(padded, into: dropped, rate, key, block: piece.start / 8)
            copy(dropped.view(from: lead, shape: source.shape), into: target)
        }
        return y
    }

    private func drop(_ x: Tensor, into y: Tensor, _ rate: Double, _ key: RandomKey, block: Int) {
        // A half h stays if h ≥ rate·2¹⁶: h is whole, so the bound may be rounded up.
        let threshold = UInt32((rate * 65_536).rounded(.up))
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { range in
            fc_dropout(
                x.code, key.kernelKey, UInt32(block + range.lowerBound / 8), x.bytes(at: range.lowerBound),
                y.bytes(at: range.lowerBound), range.count, threshold, Float(1 / (1 - rate)))
        }
    }
}

extension Tensor {
    fileprivate func piece(_ elements: Range<Int>) -> Tensor {
        view(from: elements.lowerBound, shape: [elements.count])
    }
}
