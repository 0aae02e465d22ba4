import Gradients
import Networks
import Tensors

/// One step of Glow: actnorm, invertible 1×1 convolution, coupling if there is one. Kingma & Dhariwal 2018, figure 2a.
///
/// The first two are one affine map of a pixel's channels, y = (x + b)·A with A = (W·diag(eˢ))ᵀ, and run as one
/// product; log|det| = H·W·(Σ s + log|det W|).
struct FlowStep: Sendable {
    let name: String
    let channels: Int
    let rotation: RandomRotation
    let coupling: Coupling?

    init(_ name: String, channels: Int, configuration: GlowConfiguration, rotation: RandomRotation) {
        self.name = name
        self.channels = channels
        self.rotation = rotation
        coupling = configuration.coupling.map { kind in
            Coupling(
                "\(name).coupling", kind: kind, channels: channels, hidden: configuration.hidden,
                kernel: configuration.isSpatial ? 3 : 1)
        }
    }

    func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).actnorm.bias", [channels], .constant(0))
        layout.declare("\(name).actnorm.logs", [channels], .constant(0))
        layout.declare("\(name).rotation.lower", [channels, channels], .values(rotation.lower))
        layout.declare("\(name).rotation.upper", [channels, channels], .values(rotation.upper))
        layout.declare("\(name).rotation.logs", [channels], .values(rotation.logDiagonal))
        coupling?.declare(in: &layout)
    }

    func forward(_ x: Variable, _ logDensity: inout Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        let (matrix, bias) = affineMap(pass)
        logDensity = logDensity.combined(.add, logDeterminant(x.shape, pass), .scalar)
        let shift = bias.reshaped([1, channels]).product(matrix).reshaped([channels])
        let y = x.convolved(with: matrix.reshaped([1, 1, channels, channels]), bias: shift)
        return coupling?.forward(y, &logDensity, pass) ?? y
    }

    /// x = y·A⁻¹ − b.
    func inverse(_ y: Variable, _ logDensity: inout Variable, _ pass: Pass) -> Variable {
        let x = coupling?.inverse(y, &logDensity, pass) ?? y
        let (matrix, bias) = affineMap(pass)
        logDensity = logDensity.combined(.add, logDeterminant(y.shape, pass), .scalar)
        return x.convolved(with: matrix.inverted().reshaped([1, 1, channels, channels]), bias: -bias)
    }

    /// A `[C, C]` and b `[C]` of y = (x + b)·A.
    private func affineMap(_ pass: Pass) -> (matrix: Variable, bias: Variable) {
        let w = composedPLU(
            lower: pass.parameter("\(name).rotation.lower"), upper: pass.parameter("\(name).rotation.upper"),
            logDiagonal: pass.parameter("\(name).rotation.logs"), signs: rotation.signs,
            permutation: rotation.permutation)
        let scaled = w.combined(.multiply, exp(pass.parameter("\(name).actnorm.logs")), .channels)
        let identity = pass.constant(pass.backend.identity(channels))
        return (identity.product(scaled, transposeOther: true), pass.parameter("\(name).actnorm.bias"))
    }

    private func logDeterminant(_ shape: Shape, _ pass: Pass) -> Variable {
        let logs = pass.parameter("\(name).actnorm.logs") + pass.parameter("\(name).rotation.logs")
        return Double(shape[1] * shape[2]) * logs.sum(.all)
    }

    private func initialize(_ x: Variable, _ pass: Pass) {
        pass.backend.standardize(
            x.value, bias: pass.store["\(name).actnorm.bias"], logs: pass.store["\(name).actnorm.logs"])
    }
}

extension Backend {
    func identity(_ extent: Int) -> Tensor {
        let values = (0..<extent * extent).map { $0 % (extent + 1) == 0 ? Float(1) : 0 }
        return tensor(values, [extent, extent], real)
    }

    /// Actnorm's data-dependent start: (h + bias)·exp(logs) has mean 0 and variance 1 per channel.
    func standardize(_ h: Tensor, bias: Tensor, logs: Tensor) {
        let (mean, variance) = moments(h)
        copy(affine(mean, scale: -1, shift: 0), into: bias)
        copy(affine(map(.log, affine(variance, scale: 1, shift: 1e-12)), scale: -0.5, shift: 0), into: logs)
    }
}
