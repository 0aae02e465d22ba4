import Gradients
import Tensors

/// What convolutions of every kind have: `[N, H, W, C]` → leakyReLU(x ⋆ w + b), `[N, H', W', O]` of the same type.
public protocol ConvolutionLayer: Layer {
    var name: String { get }
    var kernel: Int { get }
    /// C.
    var inputs: Int { get }
    /// O.
    var outputs: Int { get }
    var geometry: ConvolutionGeometry { get }
    /// The slope of the leaky ReLU; nil for none.
    var slope: Float? { get }
    /// Whether there is a parameter `name.b`.
    var hasBias: Bool { get }
    /// What images are multiplied by, `[k, k, C, O]`.
    func weights(_ pass: Pass) -> Variable
}

extension ConvolutionLayer {
    public var featureName: String? { name }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        x.convolved(
            with: weights(pass), bias: hasBias ? pass.parameter("\(name).b") : nil, geometry, slope: slope)
    }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let y = self(x, pass)
        let output = y.value
        return (
            y,
            { d, pass in
                d.convolved(with: weights(pass), geometry).scaled(byActivationOf: output, slope: slope)
            }
        )
    }

    public func outputShape(_ input: Shape) -> Shape {
        [
            geometry.outputExtent(input[0], kernel: kernel), geometry.outputExtent(input[1], kernel: kernel),
            outputs,
        ]
    }

    public func multiplications(_ input: Shape) -> Int { outputShape(input).count * kernel * kernel * inputs }

    public func folded(_ pass: Pass) -> [FoldedLayer]? { [.convolution(FoldedConvolution(self, pass))] }
}

/// 3×3 or 1×1 convolution with weight normalisation, bias and leaky ReLU; Salimans & Kingma 2016.
///
/// Parameters: `name.v` `[k, k, C, O]`, `name.g` `[O]`, and, unless ``MeanOnlyBatchNorm`` follows, `name.b` `[O]`.
/// Started by V ~ N(0, 0.05²) and, in an initialising pass, g and b such that pre-activations have mean 0 and variance 1
/// per channel (their eq. 6).
public struct WeightNormConvolution: ConvolutionLayer {
    public let name: String
    public let kernel: Int
    public let inputs: Int
    public let outputs: Int
    public let geometry: ConvolutionGeometry
    /// Slope of the leaky ReLU below 0; nil for no activation.
    public let slope: Float?
    public let hasBias: Bool

    public init(
        _ name: String, kernel: Int, inputs: Int, outputs: Int, geometry: ConvolutionGeometry, slope: Float?,
        hasBias: Bool = true
    ) {
        self.name = name
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
        self.geometry = geometry
        self.slope = slope
        self.hasBias = hasBias
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).v", [kernel, kernel, inputs, outputs], .normal(deviation: 0.05))
        layout.declare("\(name).g", [outputs], .constant(1))
        if hasBias { layout.declare("\(name).b", [outputs], .constant(0)) }
    }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        let bias = hasBias ? pass.parameter("\(name).b") : nil
        return x.convolved(with: weights(pass), bias: bias, geometry, slope: slope)
    }

    /// g·v/‖v‖, `[k, k, C, O]`.
    public func weights(_ pass: Pass) -> Variable {
        pass.parameter("\(name).v").weightNormalized(gain: pass.parameter("\(name).g"))
    }

    private func initialize(_ x: Variable, _ pass: Pass) {
        let (store, backend) = (pass.store, pass.backend)
        let weights = backend.weightNorm(store["\(name).v"], store["\(name).g"]).weights
        let z = backend.convolution(
            x.value, weights, bias: nil, geometry, slope: nil, output: backend.real)
        let bias = hasBias ? store["\(name).b"] : nil
        backend.standardize(z, gain: store["\(name).g"], bias: bias, deviation: 1)
    }
}

/// Convolution whose weights are the parameters: without bias or activation before ``BatchNorm``, else with both, and
/// with spectral normalisation where it is asked for. Started as He et al. 2015, by N(0, 2/(k²C)).
///
/// Parameters: `name.w` `[k, k, C, O]`, `name.b` `[O]` where there is a bias, and those of ``SpectralNorm``.
public struct PlainConvolution: ConvolutionLayer {
    public let name: String
    public let kernel: Int
    public let inputs: Int
    public let outputs: Int
    public let geometry: ConvolutionGeometry
    /// Slope of the leaky ReLU below 0; nil for no activation.
    public let slope: Float?
    public let hasBias: Bool
    private let norm: SpectralNorm?

    public init(
        _ name: String, kernel: Int, inputs: Int, outputs: Int, geometry: ConvolutionGeometry,
        slope: Float? = nil, hasBias: Bool = false, isSpectral: Bool = false
    ) {
        self.name = name
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
        self.geometry = geometry
        self.slope = slope
        self.hasBias = hasBias
        norm = isSpectral ? SpectralNorm(name, rows: kernel * kernel * inputs, columns: outputs) : nil
    }

    public func declare(in layout: inout ParameterLayout) {
        let deviation = (2 / Double(kernel * kernel * inputs)).squareRoot()
        layout.declare("\(name).w", [kernel, kernel, inputs, outputs], .normal(deviation: deviation))
        if hasBias { layout.declare("\(name).b", [outputs], .constant(0)) }
        norm?.declare(in: &layout)
    }

    /// What images are multiplied by, `[k, k, C, O]`.
    public func weights(_ pass: Pass) -> Variable {
        let weights = pass.parameter("\(name).w")
        return norm?(weights, pass) ?? weights
    }
}

extension Backend {
    /// Scales `gain` (and sets `bias`) in place so that `gain·z/old gain + bias` has mean 0 and `deviation`.
    public func standardize(_ z: Tensor, gain: Tensor, bias: Tensor?, deviation: Double) {
        let (mean, variance) = moments(z)
        let inverse = affine(
            map(.inverseSquareRoot, affine(variance, scale: 1, shift: 1e-10)), scale: deviation, shift: 0)
        copy(combine(.multiply, gain, inverse, .elementwise), into: gain)
        if let bias {
            let shift = combine(.multiply, mean, inverse, .elementwise)
            copy(affine(shift, scale: -1, shift: 0), into: bias)
        }
    }
}
