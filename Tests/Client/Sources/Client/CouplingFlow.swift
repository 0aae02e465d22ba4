import FlowContrast

/// A flow of points in the plane: couplings z₂ = (x₂ − t(x₁))·e^−s(x₁), after each of which the axes change places.
/// Dinh et al., *Density Estimation Using Real NVP*, ICLR 2017.
public final class CouplingFlow {
    public let store: ParameterStore
    private let couplings: Int
    private static let hidden = 32

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

    /// log q(x) of `[N, 2]`, nats, float64 `[N]`.
    public func logDensity(_ x: Variable, _ pass: Pass) -> Variable {
        var (x, volume) = (x, pass.constant(pass.backend.zeros([x.shape.first], .float64)))
        for index in 0..<couplings {
            let (first, second) = x.split(at: 1)
            let (scale, shift) = scaleAndShift(of: first, index, pass)
            x = ((second - shift) * exp(-scale)).joined(with: first)
            volume = volume - scale.sum(.rows)
        }
        return x.gaussianLogDensity(mean: zeros(pass), logDeviation: zeros(pass)) + volume
    }

    /// Points `[N, 2]`, through which gradients reach the parameters.
    public func sample(_ count: Int, key: RandomKey, _ pass: Pass) -> Variable {
        var x = pass.constant(pass.backend.normal([count, 2], key: key))
        for index in (0..<couplings).reversed() {
            let (moved, first) = x.split(at: 1)
            let (scale, shift) = scaleAndShift(of: first, index, pass)
            x = first.joined(with: moved * exp(scale) + shift)
        }
        return x
    }

    private func scaleAndShift(of x: Variable, _ index: Int, _ pass: Pass) -> (Variable, Variable) {
        let hidden = x.product(pass.parameter("\(index).in"))
            .combined(.add, pass.parameter("\(index).bias"), .channels).mapped(.tanh)
        let (scale, shift) = hidden.product(pass.parameter("\(index).out")).split(at: 1)
        return (scale.mapped(.tanh), shift)
    }

    private func zeros(_ pass: Pass) -> Variable {
        pass.constant(pass.backend.zeros([2], pass.backend.real))
    }
}
