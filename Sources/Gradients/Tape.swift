import Tensors

/// A tensor on a ``Tape``, and after the backward pass the gradient of the loss for it.
public final class Variable {
    public var value: Tensor {
        if let stored { return stored }
        guard let recompute else { preconditionFailure("a value not kept, which nothing makes again") }
        let value = recompute()
        stored = value
        return value
    }
    public let shape: Shape
    public let type: ScalarType
    /// Whether a gradient is wanted: true for leaves made by ``Tape/variable(_:)`` and all that depends on them.
    public let isTracked: Bool
    /// dLoss/dvalue, of the value's shape and type; nil before the backward pass or when nothing reached it.
    public private(set) var gradient: Tensor?
    /// The tape that the variable is on, which must outlive it.
    public unowned let tape: Tape
    /// The shards that this batch was gathered from: those who divide it in the same way again take them.
    var origin: (division: RowDivision, shards: [Variable])?
    private var stored: Tensor?
    private var recompute: (() -> Tensor)?

    fileprivate init(
        _ value: Tensor?, _ shape: Shape, _ type: ScalarType, tracked: Bool, tape: Tape,
        recompute: (() -> Tensor)? = nil
    ) {
        stored = value
        self.shape = shape
        self.type = type
        self.isTracked = tracked
        self.tape = tape
        self.recompute = recompute
    }

    fileprivate convenience init(
        _ value: Tensor, tracked: Bool, tape: Tape, recompute: (() -> Tensor)? = nil
    ) {
        self.init(value, value.shape, value.type, tracked: tracked, tape: tape, recompute: recompute)
    }

    /// Drops the value; the backward pass computes it again when it needs it. That trades time for memory and is worth
    /// it for large results of little arithmetic. Chen et al., *Training Deep Nets with Sublinear Memory Cost*, 2016.
    ///
    /// Call it once everything that reads the value forward has run. It does nothing where the value cannot be computed again.
    public func forget() {
        if recompute != nil { stored = nil }
    }

    /// The end of what `recompute` captured.
    fileprivate func settle() { recompute = nil }

    public var backend: any Backend { tape.backend }

    /// The same value, through which no gradient flows.
    public var detached: Variable { tape.constant(value) }

    /// Adds a contribution to the gradient, for the backward pass of an operation that reads this variable; see
    /// ``Tape/record(_:from:backward:)``. It is computed only where a gradient is wanted. The tensor is never changed in
    /// place: several variables may receive the same one.
    ///
    /// - Parameter contribution: as many elements as the value has, of any floating type.
    public func receive(_ contribution: @autoclosure () -> Tensor) {
        guard isTracked else { return }
        let added = backend.cast(contribution(), to: type)
        precondition(added.count == shape.count, "gradient \(added.shape) for \(shape)")
        gradient =
            gradient.map { backend.combine(.add, $0, added, .elementwise) } ?? added.reshaped(shape)
    }

    fileprivate func takeGradient() -> Tensor? {
        defer { gradient = nil }
        return gradient
    }
}

/// Reverse-mode differentiation over the operations of this module, and over others that are written with
/// ``record(_:from:backward:)``.
///
/// Operations run at once and push a record; ``backward(from:)`` pops the records in reverse, so every
/// saved activation is released as soon as it has been used. A tape serves one pass and is then dropped.
public final class Tape {
    public let backend: any Backend
    private var records: [Record] = []

    private struct Record {
        let output: Variable
        let backward: (Tensor) -> Void
    }

    public init(_ backend: any Backend) { self.backend = backend }

    /// A leaf that receives a gradient.
    public func variable(_ value: Tensor) -> Variable { Variable(value, tracked: true, tape: self) }

    /// A leaf that receives no gradient.
    public func constant(_ value: Tensor) -> Variable { Variable(value, tracked: false, tape: self) }

    /// The result of an operation: what operations of this module are made with, and what others can be.
    ///
    /// ```swift
    /// extension Variable {
    ///     /// x³, element by element.
    ///     func cubed() -> Variable {
    ///         let (x, backend) = (value, backend)
    ///         let square = backend.map(.square, x)
    ///         return tape.record(backend.combine(.multiply, square, x, .elementwise), from: [self]) { dy in
    ///             let slope = backend.affine(square, scale: 3, shift: 0)
    ///             self.receive(backend.combine(.multiply, dy, slope, .elementwise))
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - value: the result, computed from the values of the inputs.
    ///   - inputs: the variables of this tape that the result depends on; nil stands for one that is absent.
    ///   - backward: gets dLoss/dvalue, of the value's shape and type, and passes the product with the Jacobian on to each
    ///     input by ``Variable/receive(_:)``. It is dropped at once, with all that it captured, when no input is tracked, and
    ///     else as soon as it has run.
    public func record(_ value: Tensor, from inputs: [Variable?], backward: @escaping (Tensor) -> Void)
        -> Variable
    {
        let tracked = inputs.contains { $0?.isTracked == true }
        let output = Variable(value, tracked: tracked, tape: self)
        if tracked { records.append(Record(output: output, backward: backward)) }
        return output
    }

    /// The same for a result that ``Variable/forget()`` may drop: `compute` gives it again, and `backward` gets it too.
    public func record(
        _ value: Tensor, again compute: @escaping () -> Tensor, from inputs: [Variable?],
        backward: @escaping (_ y: Tensor, _ dy: Tensor) -> Void
    ) -> Variable {
        let tracked = inputs.contains { $0?.isTracked == true }
        let output = Variable(value, tracked: tracked, tape: self, recompute: tracked ? compute : nil)
        if tracked {
            // The record keeps its output.
            records.append(Record(output: output) { [unowned output] in backward(output.value, $0) })
        }
        return output
    }

    /// What stands between two steps of one operation that computes both at once: it has no value, only a gradient.
    ///
    /// The backward pass lets go of the second step's result and gradient before the first step's `backward` runs.
    func recordStep(
        _ shape: Shape, _ type: ScalarType, from inputs: [Variable?], backward: @escaping (Tensor) -> Void
    ) -> Variable {
        let tracked = inputs.contains { $0?.isTracked == true }
        let output = Variable(nil, shape, type, tracked: tracked, tape: self)
        if tracked { records.append(Record(output: output, backward: backward)) }
        return output
    }

    /// Fills the gradients of all tracked leaves with those of `loss`, a one-element variable.
    public func backward(from loss: Variable) {
        precondition(loss.value.count == 1, "the loss must be a scalar, not \(loss.shape)")
        let one = backend.allocate(loss.shape, loss.type)
        backend.fill(one, with: 1)
        backward(from: loss, gradient: one)
    }

    /// The same with a given dLoss/doutput, for vector-Jacobian products.
    public func backward(from output: Variable, gradient: Tensor) {
        output.receive(gradient)
        while let record = records.popLast() {
            if let dy = record.output.takeGradient() { record.backward(dy) }
            record.output.settle()
        }
    }
}
