import Tensors

// Element-wise arithmetic. Operators act on variables of one shape; `combined` reads its second operand
// through a broadcast. All of it is exact calculus: d(a∘b) = ∂₁ da + ∂₂ db, summed over what was broadcast.

extension Variable {
    /// `self ∘ other`, `other` read through `broadcast`. Same shape as `self`.
    public func combined(_ operation: BinaryOperation, _ other: Variable, _ broadcast: Broadcast) -> Variable
    {
        let (a, b, backend) = (value, other.value, backend)
        let combine = { backend.combine(operation, a, b, broadcast) }
        return tape.record(combine(), again: combine, from: [self, other]) { result, dy in
            switch operation {
            case .add:
                self.receive(dy)
                other.receive(backend.summed(dy, broadcast))
            case .subtract:
                self.receive(dy)
                other.receive(backend.affine(backend.summed(dy, broadcast), scale: -1, shift: 0))
            case .multiply:
                self.receive(backend.combine(.multiply, dy, b, broadcast))
                other.receive(backend.summed(backend.combine(.multiply, dy, a, .elementwise), broadcast))
            case .divide:
                let dyOverB = backend.combine(.divide, dy, b, broadcast)
                self.receive(dyOverB)
                let product = backend.combine(.multiply, dyOverB, result, .elementwise)
                other.receive(backend.affine(backend.summed(product, broadcast), scale: -1, shift: 0))
            }
        }
    }

    public static func + (a: Variable, b: Variable) -> Variable { a.combined(.add, b, .elementwise) }
    public static func - (a: Variable, b: Variable) -> Variable { a.combined(.subtract, b, .elementwise) }
    public static func * (a: Variable, b: Variable) -> Variable { a.combined(.multiply, b, .elementwise) }
    public static func * (scale: Double, x: Variable) -> Variable { x.affine(scale: scale) }
    public static func + (x: Variable, shift: Double) -> Variable { x.affine(shift: shift) }
    public static func - (x: Variable, shift: Double) -> Variable { x.affine(shift: -shift) }
    public static prefix func - (x: Variable) -> Variable { x.affine(scale: -1) }

    /// `scale · self + shift`.
    public func affine(scale: Double = 1, shift: Double = 0) -> Variable {
        let backend = backend
        return tape.record(backend.affine(value, scale: scale, shift: shift), from: [self]) { dy in
            self.receive(scale == 1 ? dy : backend.affine(dy, scale: scale, shift: 0))
        }
    }

    /// f(x), element by element.
    public func mapped(_ function: ElementFunction) -> Variable {
        let (x, backend) = (value, backend)
        let y = backend.map(function, x)
        return tape.record(y, from: [self]) { dy in
            self.receive(backend.mapGradient(function, x: x, y: y, dy: dy))
        }
    }

    /// The same numbers in another type; the gradient is converted back.
    public func cast(to type: ScalarType) -> Variable {
        guard type != self.type else { return self }
        return tape.record(backend.cast(value, to: type), from: [self]) { dy in self.receive(dy) }
    }
}

public func exp(_ x: Variable) -> Variable { x.mapped(.exp) }
public func log(_ x: Variable) -> Variable { x.mapped(.log) }
public func sigmoid(_ x: Variable) -> Variable { x.mapped(.sigmoid) }
/// log(1 + exp x) = −log σ(−x), without overflow.
public func softplus(_ x: Variable) -> Variable { x.mapped(.softplus) }

extension Backend {
    /// The adjoint of reading an operand through `broadcast`.
    fileprivate func summed(_ dy: Tensor, _ broadcast: Broadcast) -> Tensor {
        switch broadcast {
        case .elementwise: dy
        case .channels: sum(dy, .channels)
        case .rows: sum(dy, .rows)
        case .scalar: sum(dy, .all)
        }
    }
}
