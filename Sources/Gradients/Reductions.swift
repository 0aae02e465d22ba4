import Tensors

extension Variable {
    /// Sum over all (`.all`, float64 `[1]`), over all but the first axis (`.rows`, float64 `[N]`), or over all but the
    /// last (`.channels`, real `[C]`).
    public func sum(_ reduction: Reduction) -> Variable {
        let (x, backend) = (value, backend)
        return tape.record(backend.sum(x, reduction), from: [self]) { dy in
            self.receive(backend.spread(dy, reduction, like: x))
        }
    }

    /// Mean of all elements, float64 `[1]`.
    public func mean() -> Variable { sum(.all).affine(scale: 1 / Double(value.count)) }

    /// log Σ_k exp x[n, k] of float64 `[N, K]`, as float64 `[N]`. Its gradient is the softmax.
    public func logSumExp() -> Variable {
        let (x, backend) = (value, backend)
        let y = backend.logSumExp(x)
        return tape.record(y, from: [self]) { dy in
            let softmax = backend.map(.exp, backend.combine(.subtract, x, y, .rows))
            self.receive(backend.combine(.multiply, softmax, dy, .rows))
        }
    }

    /// x − log Σ exp x per row of float64 `[N, K]`: log p(y|x) of logits.
    public func logSoftmax() -> Variable { combined(.subtract, logSumExp(), .rows) }
}

extension Backend {
    /// The adjoint of a sum: `dy` repeated over what was summed.
    fileprivate func spread(_ dy: Tensor, _ reduction: Reduction, like x: Tensor) -> Tensor {
        let type = x.type == .bfloat16 ? real : x.type
        let zeros = zeros(x.shape, type)
        switch reduction {
        case .all: return combine(.add, zeros, dy, .scalar)
        case .rows: return combine(.add, zeros, dy, .rows)
        case .channels: return combine(.add, zeros, dy, .channels)
        }
    }
}
