import FlowContrast

/// A flow of points in the plane: couplings z₂ = (x₂ − t(x₁))·e^−s(x₁), after each of which the axes change places.
/// Dinh et al., *Density Estimation Using Real NVP*, ICLR 2017.
public final class CouplingFlow: Flow {
    public let store: ParameterStore
    public let dimensions = 2
    private let couplings: Int
    static let hidden = 32

    public init(couplings: Int = 6, backend: any Backend, seed: UInt64) {
        self.couplings = couplings
        var layout = ParameterLayout()
        for index in 0..<couplings {
            layout.declare("\(index).in", [1, Self.hidden], .normal(deviation: 1))
            layout.declare("\(index).bias", [Self.hidden], .normal(deviation: 1))
            // The identity at the start.
            layout.declare("\(index).out", [Self.hidden, 2], .constant(0))
        }
        store = ParameterStore(layout, backend: backend, seed: seed)
    }

    private init(copying other: CouplingFlow) {
        couplings = other.couplings
        store = other.store.duplicate()
    }

    public func duplicate() -> CouplingFlow { CouplingFlow(copying: self) }

    /// Nothing here depends on data.
    public func initialize(with batch: Tensor) {}

    public func logDensity(_ x: Variable, _ pass: Pass) -> Variable {
        var (x, volume) = (x.reshaped([x.shape.first, 2]), pass.zeros([x.shape.first], .float64))
        for index in 0..<couplings {
            let (first, second) = x.split(at: 1)
            let (scale, shift) = scaleAndShift(of: first, index, pass)
            x = ((second - shift) * exp(-scale)).joined(with: first)
            volume = volume - scale.sum(.rows)
        }
        return density(of: x, pass) + volume
    }

    public func sample(_ count: Int, key: RandomKey, temperature: Double, _ pass: Pass) -> (
        x: Variable, logDensity: Variable
    ) {
        var x = pass.constant(pass.backend.normal([count, 2], key: key)).affine(scale: temperature)
        var logDensity = density(of: x, pass)
        for index in (0..<couplings).reversed() {
            let (moved, first) = x.split(at: 1)
            let (scale, shift) = scaleAndShift(of: first, index, pass)
            x = first.joined(with: moved * exp(scale) + shift)
            logDensity = logDensity - scale.sum(.rows)
        }
        return (x.reshaped([count, 1, 1, 2]), logDensity)
    }

    private func scaleAndShift(of x: Variable, _ index: Int, _ pass: Pass) -> (Variable, Variable) {
        let hidden = x.product(pass.parameter("\(index).in"))
            .combined(.add, pass.parameter("\(index).bias"), .channels).mapped(.tanh)
        let (scale, shift) = hidden.product(pass.parameter("\(index).out")).split(at: 1)
        return (scale.mapped(.tanh), shift)
    }

    /// log N(z; 0, 1).
    private func density(of z: Variable, _ pass: Pass) -> Variable {
        let zeros = pass.zeros([2], pass.backend.real)
        return z.gaussianLogDensity(mean: zeros, logDeviation: zeros)
    }
}

/// How `[flow]` and sessions make a ``CouplingFlow``.
public struct CouplingDesign: FlowDesign {
    public let name = "coupling"

    public init() {}

    public func makeFlow(_ settings: FlowSettings, extents: [Int], backend: any Backend) -> any Flow {
        CouplingFlow(couplings: settings.couplings, backend: backend, seed: UInt64(settings.seed))
    }

    /// Two layers a coupling.
    public func multiplications(_ settings: FlowSettings, extents: [Int]) -> Int {
        settings.couplings * 3 * CouplingFlow.hidden
    }
}

extension Pass {
    fileprivate func zeros(_ shape: Shape, _ type: ScalarType) -> Variable {
        constant(backend.zeros(shape, type))
    }
}
