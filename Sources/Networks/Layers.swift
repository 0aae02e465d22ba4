import Gradients
import Tensors

/// 3×3 or 1×1 convolution with weight normalisation, bias and leaky ReLU; Salimans & Kingma 2016.
///
/// Parameters: `name.v` `[k, k, C, O]`, `name.g` `[O]`, `name.b` `[O]`. Started by V ~ N(0, 0.05²) and, in an
/// initialising pass, g and b such that pre-activations have mean 0 and variance 1 per channel (their eq. 6).
public struct WeightNormConvolution: Sendable {
    public let name: String
    public let kernel: Int
    public let inputs: Int
    public let outputs: Int
    public let geometry: ConvolutionGeometry
    /// Of the leaky ReLU; nil for none.
    public let slope: Float?

    public init(
        _ name: String, kernel: Int, inputs: Int, outputs: Int, geometry: ConvolutionGeometry, slope: Float?
    ) {
        self.name = name
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
        self.geometry = geometry
        self.slope = slope
    }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).v", [kernel, kernel, inputs, outputs], .normal(deviation: 0.05))
        layout.declare("\(name).g", [outputs], .constant(1))
        layout.declare("\(name).b", [outputs], .constant(0))
    }

    /// `[N, H, W, C]` → `[N, H', W', O]` of the same type.
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        let weights = pass.parameter("\(name).v").weightNormalized(gain: pass.parameter("\(name).g"))
        return x.convolved(with: weights, bias: pass.parameter("\(name).b"), geometry, slope: slope)
    }

    private func initialize(_ x: Variable, _ pass: Pass) {
        let (store, backend) = (pass.store, pass.backend)
        let weights = backend.weightNorm(store["\(name).v"], store["\(name).g"]).weights
        let z = backend.convolution(
            x.value, weights, bias: nil, geometry, slope: nil, output: backend.real)
        backend.standardize(z, gain: store["\(name).g"], bias: store["\(name).b"], deviation: 1)
    }
}

/// x·W with weight normalisation and no bias: the last layer, whose bias is kept apart as −δ.
///
/// Parameters: `name.v` `[C, K]`, `name.g` `[K]`; initialised to outputs of the given standard deviation.
public struct WeightNormDense: Sendable {
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

    /// `[N, C]` (real) → `[N, K]`.
    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        return x.product(pass.parameter("\(name).v").weightNormalized(gain: pass.parameter("\(name).g")))
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

    /// - Parameter deviation: of the starting weights; by default He et al.'s √(2/inputs).
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

/// Batch normalisation with running averages for evaluation; Ioffe & Szegedy 2015.
///
/// Parameters: `name.gamma`, `name.beta`, and the running `name.mean`, `name.variance`, which no gradient reaches.
public struct BatchNorm: Sendable {
    public let name: String
    public let channels: Int
    public let momentum: Double
    public let epsilon: Double
    /// Whether there is a `name.gamma`; else γ is 1.
    public let hasGain: Bool

    public init(
        _ name: String, channels: Int, momentum: Double = 0.99, epsilon: Double = 1e-5, hasGain: Bool = true
    ) {
        self.name = name
        self.channels = channels
        self.momentum = momentum
        self.epsilon = epsilon
        self.hasGain = hasGain
    }

    public func declare(in layout: inout ParameterLayout) {
        if hasGain { layout.declare("\(name).gamma", [channels], .constant(1)) }
        layout.declare("\(name).beta", [channels], .constant(0))
        layout.declare("\(name).mean", [channels], .constant(0))
        layout.declare("\(name).variance", [channels], .constant(1))
    }

    /// `updating`: whether the batch moves the running averages (VAT's extra passes must not).
    public func callAsFunction(_ x: Variable, _ pass: Pass, updating: Bool = true) -> Variable {
        let (gamma, beta) = (gain(pass), pass.parameter("\(name).beta"))
        if case .evaluate = pass.mode { return evaluated(x, gamma, beta, pass) }
        let (y, mean, variance) = x.batchNormalized(gamma: gamma, beta: beta, epsilon: epsilon)
        if updating {
            move(pass.store["\(name).mean"], towards: mean, pass.backend)
            move(pass.store["\(name).variance"], towards: variance, pass.backend)
        }
        return y
    }

    private func gain(_ pass: Pass) -> Variable {
        if hasGain { return pass.parameter("\(name).gamma") }
        return pass.constant(
            pass.backend.tensor([Float](repeating: 1, count: channels), [channels], pass.backend.real))
    }

    private func evaluated(_ x: Variable, _ gamma: Variable, _ beta: Variable, _ pass: Pass) -> Variable {
        let mean = pass.constant(pass.store["\(name).mean"])
        let variance = pass.constant(pass.store["\(name).variance"])
        let scale = gamma * variance.affine(shift: epsilon).mapped(.inverseSquareRoot)
        return x.cast(to: pass.backend.real).combined(.multiply, scale, .channels)
            .combined(.add, beta - mean * scale, .channels).cast(to: x.type)
    }

    private func move(_ running: Tensor, towards batch: Tensor, _ backend: any Backend) {
        let change = backend.combine(.subtract, batch, running, .elementwise)
        backend.accumulate(change, into: running, scale: 1 - momentum)
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
