import Gradients
import Tensors

/// A dense layer without bias, `[N, C]` (real) → `[N, K]`: the last one of a network.
public protocol LastLayer: Layer {
    /// C.
    var inputs: Int { get }
    /// K.
    var outputs: Int { get }
    /// What features are multiplied by, `[C, K]`.
    func weights(_ pass: Pass) -> Variable
}

extension LastLayer {
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { x.product(weights(pass)) }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        (self(x, pass), { d, pass in product(d, pass) })
    }

    /// x·W of any floating type, in the real type, without data-dependent initialisation.
    public func product(_ x: Variable, _ pass: Pass) -> Variable {
        x.cast(to: pass.backend.real).product(weights(pass))
    }

    public func outputShape(_ input: Shape) -> Shape { [outputs] }
    public func multiplications(_ input: Shape) -> Int { inputs * outputs }
}

/// x·W without bias, with spectral normalisation where it is asked for; started by N(0, 1/C).
///
/// Parameters: `name.w` `[C, K]`, and those of ``SpectralNorm``.
public struct PlainDense: LastLayer {
    public let name: String
    public let inputs: Int
    public let outputs: Int
    private let norm: SpectralNorm?

    public init(_ name: String, inputs: Int, outputs: Int, isSpectral: Bool = false) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        norm = isSpectral ? SpectralNorm(name, rows: inputs, columns: outputs) : nil
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare(
            "\(name).w", [inputs, outputs], .normal(deviation: 1 / Double(inputs).squareRoot()))
        norm?.declare(in: &layout)
    }

    /// What features are multiplied by, `[C, K]`.
    public func weights(_ pass: Pass) -> Variable {
        let weights = pass.parameter("\(name).w")
        return norm?(weights, pass) ?? weights
    }
}

/// x·W with weight normalisation and no bias: the last layer, whose bias is kept apart as −δ.
///
/// Parameters: `name.v` `[C, K]`, `name.g` `[K]`; initialised to outputs of the given standard deviation.
public struct WeightNormDense: LastLayer {
    public let name: String
    public let inputs: Int
    public let outputs: Int
    public let initialDeviation: Double

    public init(_ name: String, inputs: Int, outputs: Int, initialDeviation: Double = 1) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.initialDeviation = initialDeviation
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).v", [inputs, outputs], .normal(deviation: 0.05))
        layout.declare("\(name).g", [outputs], .constant(1))
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        return x.product(weights(pass))
    }

    /// g·v/‖v‖, `[C, K]`.
    public func weights(_ pass: Pass) -> Variable {
        pass.parameter("\(name).v").weightNormalized(gain: pass.parameter("\(name).g"))
    }

    private func initialize(_ x: Variable, _ pass: Pass) {
        let (store, backend) = (pass.store, pass.backend)
        let weights = backend.weightNorm(store["\(name).v"], store["\(name).g"]).weights
        let z = backend.matrixProduct(x.value, weights, transposeA: false, transposeB: false)
        backend.standardize(z, gain: store["\(name).g"], bias: nil, deviation: initialDeviation)
    }
}

/// leakyReLU(x·W + b): one layer of the 2-D networks. Parameters: `name.w` `[1, 1, C, O]`, `name.b` `[O]`.
public struct Dense: Sendable {
    public let name: String
    public let inputs: Int
    public let outputs: Int
    public let slope: Float?
    private let deviation: Double

    /// - Parameters:
    ///   - name: of the parameters.
    ///   - inputs: C.
    ///   - outputs: O.
    ///   - slope: of a leaky ReLU after it; nil for none.
    ///   - deviation: of the starting weights; by default He et al.'s √(2/inputs).
    public init(_ name: String, inputs: Int, outputs: Int, slope: Float?, deviation: Double? = nil) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.slope = slope
        self.deviation = deviation ?? (2 / Double(inputs)).squareRoot()
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare(
            "\(name).w", [1, 1, inputs, outputs],
            deviation == 0 ? .constant(0) : .normal(deviation: deviation))
        layout.declare("\(name).b", [outputs], .constant(0))
    }

    /// `[N, C]` → `[N, O]`.
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        x.reshaped([x.shape.first, 1, 1, inputs])
            .convolved(with: pass.parameter("\(name).w"), bias: pass.parameter("\(name).b"), slope: slope)
            .reshaped([x.shape.first, outputs])
    }
}
