import Tensors

// Rearrangements: their gradients are the inverse rearrangements.

extension Variable {
    public func reshaped(_ shape: Shape) -> Variable {
        tape.record(value.reshaped(shape), from: [self]) { dy in self.receive(dy) }
    }

    /// Channels `range` of the last axis.
    public func channels(_ range: Range<Int>) -> Variable {
        let (x, backend) = (value, backend)
        return tape.record(backend.channels(x, range), from: [self]) { dy in
            self.receive(backend.placed(dy, at: range, of: x.shape))
        }
    }

    /// The first `count` channels and the rest.
    public func split(at count: Int) -> (Variable, Variable) {
        (channels(0..<count), channels(count..<shape.last))
    }

    /// Both variables joined along the last axis.
    public func joined(with other: Variable) -> Variable {
        let (left, total, backend) = (shape.last, shape.last + other.shape.last, backend)
        return tape.record(backend.concatenated(value, other.value), from: [self, other]) { dy in
            self.receive(backend.channels(dy, 0..<left))
            other.receive(backend.channels(dy, left..<total))
        }
    }

    /// Entries `range` of the first axis.
    public func rows(_ range: Range<Int>) -> Variable {
        let (x, backend) = (value, backend)
        return tape.record(x.rows(range), from: [self]) { dy in
            let whole = backend.zerosLike(x)
            backend.copy(dy, into: whole.rows(range))
            self.receive(whole)
        }
    }

    /// 2×2 pixels into channels; `[N, H, W, C]` → `[N, H/2, W/2, 4C]`.
    public func squeezed() -> Variable {
        let backend = backend
        return tape.record(backend.squeeze(value), from: [self]) { dy in self.receive(backend.unsqueeze(dy)) }
    }

    public func unsqueezed() -> Variable {
        let backend = backend
        return tape.record(backend.unsqueeze(value), from: [self]) { dy in self.receive(backend.squeeze(dy)) }
    }

    /// Every image of `[N, H, W, C]` moved by its own shift, zeros coming in at the borders.
    public func translated(by shifts: [Translation]) -> Variable {
        let backend = backend
        return tape.record(backend.translate(value, by: shifts), from: [self]) { dy in
            self.receive(backend.translate(dy, by: shifts.map(\.reversed)))
        }
    }
}

/// All parts stacked along the first axis.
public func stacked(_ parts: [Variable]) -> Variable {
    precondition(!parts.isEmpty, "nothing to stack")
    let tape = parts[0].tape
    return tape.record(tape.backend.stacked(parts.map(\.value)), from: parts) { dy in
        var start = 0
        for part in parts {
            let range = start..<start + part.shape.first
            part.receive(dy.rows(range))
            start = range.upperBound
        }
    }
}

extension Backend {
    /// Zeros of `shape` with `x` at channels `range`.
    fileprivate func placed(_ x: Tensor, at range: Range<Int>, of shape: Shape) -> Tensor {
        var y = x
        if range.lowerBound > 0 {
            y = concatenated(zeros(shape.replacingLast(with: range.lowerBound), x.type), y)
        }
        if range.upperBound < shape.last {
            y = concatenated(y, zeros(shape.replacingLast(with: shape.last - range.upperBound), x.type))
        }
        return y
    }
}
