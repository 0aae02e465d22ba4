import Gradients
import Tensors

/// The derivative of a layer at the point where it was evaluated, as a linear map of d.
///
/// d is `[B, …]` and of the layer's input otherwise; its entries belong to the first B entries of the evaluated batch.
/// Parameters are those of the pass, whose tape records the map: the derivative of J·d for the parameters is a gradient
/// penalty's, and its derivative for d, the adjoint, is what VAT needs.
public typealias Tangent = (_ d: Variable, _ pass: Pass) -> Variable

/// A part of a network: it declares its parameters, and is a function of (input, pass) that knows its derivative, its
/// shapes and its cost. ``Sequential`` and ``Residual`` make larger layers of smaller ones.
///
/// A layer without parameters, products, derivative or plain form needs the call and nothing else, and
/// ``outputShape(_:)`` where it changes the shape.
public protocol Layer: Sendable {
    /// The name by which probes ask for the output; nil for what is no layer of its own to them.
    var featureName: String? { get }

    /// Declares the parameters, in the order of checkpoints.
    func declare(in layout: inout ParameterLayout)

    /// The output `[N, …]` of `[N, …]`, of the input's type unless the layer says otherwise.
    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable

    /// Whether ``linearized(_:_:)`` gives a derivative. An output that depends on the whole batch has none.
    var hasTangent: Bool { get }

    /// The output and the derivative at `x`, with the dropout masks, signs and pooling winners of this evaluation.
    func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent)

    /// Axes of one output, of those of one input: `[H, W, C]` → `[H', W', C']`.
    func outputShape(_ input: Shape) -> Shape

    /// Multiplications in the products for one input of that shape.
    func multiplications(_ input: Shape) -> Int

    /// The layer in evaluation as operations that other programs know; nil where there is no such form.
    func folded(_ pass: Pass) -> [FoldedLayer]?
}

extension Layer {
    public var featureName: String? { nil }
    public func declare(in layout: inout ParameterLayout) {}
    public var hasTangent: Bool { false }
    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        preconditionFailure("\(Self.self) has no derivative")
    }
    public func outputShape(_ input: Shape) -> Shape { input }
    public func multiplications(_ input: Shape) -> Int { 0 }
    public func folded(_ pass: Pass) -> [FoldedLayer]? { nil }
}
