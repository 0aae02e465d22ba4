import Gradients
import Tensors

/// Layers one after the other. Without any it is the identity.
public struct Sequential: Layer {
    public let layers: [any Layer]
    public let featureName: String?

    /// - Parameters:
    ///   - layers: in the order in which they run.
    ///   - featureName: the name of the output to probes.
    public init(_ layers: [any Layer], featureName: String? = nil) {
        self.layers = layers
        self.featureName = featureName
    }

    public func declare(in layout: inout ParameterLayout) {
        for layer in layers { layer.declare(in: &layout) }
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        layers.reduce(x) { $1($0, pass) }
    }

    public var hasTangent: Bool { layers.allSatisfy(\.hasTangent) }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        var (y, tangents) = (x, [Tangent]())
        for layer in layers {
            let (output, tangent) = layer.linearized(y, pass)
            y = output
            tangents.append(tangent)
        }
        return (y, { [tangents] d, pass in tangents.reduce(d) { $1($0, pass) } })
    }

    public func outputShape(_ input: Shape) -> Shape { layers.reduce(input) { $1.outputShape($0) } }

    public func multiplications(_ input: Shape) -> Int { multiplicationsByLayer(input).reduce(0, +) }

    /// The multiplications of each layer.
    public func multiplicationsByLayer(_ input: Shape) -> [Int] {
        var shape = input
        return layers.map { layer in
            defer { shape = layer.outputShape(shape) }
            return layer.multiplications(shape)
        }
    }

    public func folded(_ pass: Pass) -> [FoldedLayer]? {
        var all: [FoldedLayer] = []
        for layer in layers {
            guard let folded = layer.folded(pass) else { return nil }
            for layer in folded { all.fold(layer) }
        }
        return all
    }
}

/// branch(x) + shortcut(x); an empty shortcut is the identity. He et al., *Deep Residual Learning for Image Recognition*,
/// 2016, eqs. 1 and 2.
public struct Residual: Layer {
    public let branch: Sequential
    public let shortcut: Sequential

    public init(branch: [any Layer], shortcut: [any Layer] = []) {
        self.branch = Sequential(branch)
        self.shortcut = Sequential(shortcut)
    }

    public func declare(in layout: inout ParameterLayout) {
        branch.declare(in: &layout)
        shortcut.declare(in: &layout)
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        branch(x, pass) + shortcut(x, pass)
    }

    public var hasTangent: Bool { branch.hasTangent && shortcut.hasTangent }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let (y, tangent) = branch.linearized(x, pass)
        let (rest, restTangent) = shortcut.linearized(x, pass)
        return (y + rest, { d, pass in tangent(d, pass) + restTangent(d, pass) })
    }

    public func outputShape(_ input: Shape) -> Shape {
        let shape = branch.outputShape(input)
        precondition(shape == shortcut.outputShape(input), "branch and shortcut give different shapes")
        return shape
    }

    public func multiplications(_ input: Shape) -> Int {
        branch.multiplications(input) + shortcut.multiplications(input)
    }

    public func folded(_ pass: Pass) -> [FoldedLayer]? {
        guard let branch = branch.folded(pass), let shortcut = shortcut.folded(pass) else { return nil }
        return [.residual(branch: branch, shortcut: shortcut)]
    }
}
