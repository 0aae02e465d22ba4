import CKernels

extension ElementFunction {
    var code: fc_function {
        switch self {
        case .exp: FC_EXP
        case .log: FC_LOG
        case .square: FC_SQUARE
        case .sigmoid: FC_SIGMOID
        case .tanh: FC_TANH
        case .softplus: FC_SOFTPLUS
        case .reciprocal: FC_RECIPROCAL
        case .inverseSquareRoot: FC_INVERSE_SQRT
        case .relu: FC_RELU
        case .squareRoot: FC_SQUARE_ROOT
        case .floor: FC_FLOOR
        }
    }
}

extension BinaryOperation {
    var code: fc_operation {
        switch self {
        case .add: FC_ADD
        case .subtract: FC_SUBTRACT
        case .multiply: FC_MULTIPLY
        case .divide: FC_DIVIDE
        }
    }
}

extension CPUBackend {
    public func map(_ function: ElementFunction, _ x: Tensor) -> Tensor {
        let y = allocateLike(x)
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { r in
            fc_map(x.code, function.code, x.bytes(at: r.lowerBound), y.bytes(at: r.lowerBound), r.count)
        }
        return y
    }

    public func mapGradient(_ function: ElementFunction, x: Tensor, y: Tensor, dy: Tensor) -> Tensor {
        checkSame(x, y)
        checkSame(x, dy)
        let dx = allocateLike(x)
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { r in
            let at = r.lowerBound
            fc_map_gradient(
                x.code, function.code, x.bytes(at: at), y.bytes(at: at), dy.bytes(at: at), dx.bytes(at: at),
                r.count)
        }
        return dx
    }

    public func combine(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, _ broadcast: Broadcast)
        -> Tensor
    {
        let c = allocateLike(a)
        switch broadcast {
        case .elementwise: combineElements(operation, a, b, into: c)
        case .channels: combineChannels(operation, a, b, into: c)
        case .rows:
            precondition(b.count == a.shape.first, "rows of \(a.shape) with \(b.shape)")
            combineScalars(operation, a, doubles(b), into: c)
        case .scalar:
            precondition(b.count == 1, "\(b.shape) is no scalar")
            combineScalars(operation, a.reshaped([1, a.count]), doubles(b), into: c)
        }
        return c
    }

    private func combineElements(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, into c: Tensor) {
        checkSame(a, b)
        policy.forRanges(a.count, grain: ThreadPolicy.grain) { r in
            let at = r.lowerBound
            fc_combine(a.code, operation.code, a.bytes(at: at), b.bytes(at: at), c.bytes(at: at), r.count)
        }
    }

    private func combineChannels(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, into c: Tensor) {
        precondition(a.type == b.type && b.count == a.shape.last, "channels of \(a.shape) with \(b.shape)")
        let wide = widened(b, for: a)
        policy.forRanges(a.count, grain: wide.grain) { r in
            fc_combine_channels(
                a.code, operation.code, a.bytes(at: r.lowerBound), wide.values.bytes,
                c.bytes(at: r.lowerBound),
                r.count, wide.period)
        }
    }

    /// Entry i of the first axis of `a` with number i, in float64.
    private func combineScalars(_ operation: BinaryOperation, _ a: Tensor, _ b: [Double], into c: Tensor) {
        let size = a.shape.rowCount
        // Chunks lie within rows; a few short rows make one task.
        let chunks = max(1, (size + ThreadPolicy.grain - 1) / ThreadPolicy.grain)
        let rowsPerTask = max(1, ThreadPolicy.grain / max(size, 1))
        policy.forRanges(b.count * chunks, grain: rowsPerTask) { tasks in
            for task in tasks {
                let (row, start) = (task / chunks, task % chunks * ThreadPolicy.grain)
                let at = row * size + start
                fc_combine_scalar(
                    a.code, operation.code, a.bytes(at: at), b[row], c.bytes(at: at),
                    min(ThreadPolicy.grain, size - start))
            }
        }
    }

    public func affine(_ x: Tensor, scale: Double, shift: Double) -> Tensor {
        let y = allocateLike(x)
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { r in
            fc_affine(x.code, x.bytes(at: r.lowerBound), y.bytes(at: r.lowerBound), r.count, scale, shift)
        }
        return y
    }

    public func accumulate(_ x: Tensor, into y: Tensor, scale: Double) {
        checkSame(x, y)
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { r in
            fc_accumulate(x.code, x.bytes(at: r.lowerBound), y.bytes(at: r.lowerBound), r.count, scale)
        }
    }

    func checkSame(_ a: Tensor, _ b: Tensor) {
        precondition(
            a.type == b.type && a.count == b.count, "\(a.type) \(a.shape) with \(b.type) \(b.shape)")
    }
}
