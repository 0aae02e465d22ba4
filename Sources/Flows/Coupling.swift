import Gradients
import Networks
import Tensors

/// A coupling layer: the first half of the channels passes through and tells how the second half moves. Dinh et al., *NICE*,
/// 2015, section 3.2.
///
/// The network runs in the backend's reduced precision; the map itself stays exact, because its inverse is told the same,
/// whatever that is.
public struct Coupling: Sendable {
    public enum Kind: String, Sendable, CaseIterable, Codable {
        case additive, affine, spline

        var map: any CouplingMap {
            switch self {
            case .additive: AdditiveMap()
            case .affine: AffineMap()
            case .spline: SplineMap()
            }
        }
    }

    let map: any CouplingMap
    let half: Int
    let first, second: ActnormConvolution
    let last: ZeroConvolution

    init(_ name: String, kind: Kind, channels: Int, hidden: Int, kernel: Int) {
        map = kind.map
        half = channels / 2
        first = ActnormConvolution("\(name).conv1", kernel: kernel, inputs: half, outputs: hidden)
        second = ActnormConvolution("\(name).conv2", kernel: 1, inputs: hidden, outputs: hidden)
        last = ZeroConvolution(
            "\(name).conv3", kernel: kernel, inputs: hidden, outputs: map.parameters * (channels - half))
    }

    func declare(in layout: inout ParameterLayout) {
        first.declare(in: &layout)
        second.declare(in: &layout)
        last.declare(in: &layout)
    }

    func forward(_ x: Variable, _ logDensity: inout Variable, _ pass: Pass) -> Variable {
        let (x1, x2) = x.split(at: half)
        return x1.joined(with: map.forward(x2, network(x1, pass), &logDensity))
    }

    func inverse(_ y: Variable, _ logDensity: inout Variable, _ pass: Pass) -> Variable {
        let (y1, y2) = y.split(at: half)
        return y1.joined(with: map.inverse(y2, network(y1, pass), &logDensity))
    }

    private func network(_ x: Variable, _ pass: Pass) -> Variable {
        let h1 = first(x.cast(to: pass.backend.reduced), pass)
        let h2 = second(h1, pass)
        // This halves the memory of the flow's activations for a tenth more arithmetic.
        h1.forget()
        return last(h2, pass)
    }
}

/// ReLU((x ⋆ w + b)·eˢ): a convolution whose pre-activations an actnorm standardises. The scale is folded into the
/// weights, so that activations are touched once.
struct ActnormConvolution: Sendable {
    let name: String
    let kernel: Int
    let inputs: Int
    let outputs: Int

    init(_ name: String, kernel: Int, inputs: Int, outputs: Int) {
        self.name = name
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
    }

    private var geometry: ConvolutionGeometry { .init(padding: kernel / 2) }

    func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).w", [kernel, kernel, inputs, outputs], .normal(deviation: 0.05))
        layout.declare("\(name).bias", [outputs], .constant(0))
        layout.declare("\(name).logs", [outputs], .constant(0))
    }

    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        if pass.isInitializing { initialize(x, pass) }
        let scale = exp(pass.parameter("\(name).logs"))
        let weights = pass.parameter("\(name).w").combined(.multiply, scale, .channels)
        defer { weights.forget() }
        return x.convolved(with: weights, bias: pass.parameter("\(name).bias") * scale, geometry, slope: 0)
    }

    private func initialize(_ x: Variable, _ pass: Pass) {
        let h = pass.backend.convolution(
            x.value, pass.store["\(name).w"], bias: nil, geometry, slope: nil, output: pass.backend.real)
        pass.backend.standardize(h, bias: pass.store["\(name).bias"], logs: pass.store["\(name).logs"])
    }
}

/// (x ⋆ w + b)·e^{3s}, all zero at the start, so that every coupling starts as the identity; Glow's `conv2d_zeros`.
struct ZeroConvolution: Sendable {
    let name: String
    let kernel: Int
    let inputs: Int
    let outputs: Int

    init(_ name: String, kernel: Int, inputs: Int, outputs: Int) {
        self.name = name
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
    }

    func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).w", [kernel, kernel, inputs, outputs], .constant(0))
        layout.declare("\(name).bias", [outputs], .constant(0))
        layout.declare("\(name).logs", [outputs], .constant(0))
    }

    /// The result is of the real type whatever the input's.
    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        let scale = exp(3 * pass.parameter("\(name).logs"))
        let weights = pass.parameter("\(name).w").combined(.multiply, scale, .channels)
        defer { weights.forget() }
        return x.convolved(
            with: weights, bias: pass.parameter("\(name).bias") * scale, .init(padding: kernel / 2),
            output: pass.backend.real)
    }
}
