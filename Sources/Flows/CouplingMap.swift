import Gradients
import Tensors

/// How a coupling moves the second half of the channels, given what its network makes of the first half.
///
/// The network's outputs start at 0. A map should then be the identity, or fixed.
protocol CouplingMap: Sendable {
    /// Numbers that the network gives for each moved channel.
    var parameters: Int { get }
    /// y of x `[N, H, W, C]` and parameters `[N, H, W, C · parameters]`, in the real type. log|det ∂y/∂x|, nats `[N]`, is
    /// added to the log density.
    func forward(_ x: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable
    /// x of y. The log density gains the same log|det ∂y/∂x|, at this x.
    func inverse(_ y: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable
}

/// y = x + t; Dinh et al., *NICE*, 2015, section 3.2.
struct AdditiveMap: CouplingMap {
    let parameters = 1

    func forward(_ x: Variable, _ shift: Variable, _ logDensity: inout Variable) -> Variable { x + shift }
    func inverse(_ y: Variable, _ shift: Variable, _ logDensity: inout Variable) -> Variable { y - shift }
}

/// y = (x + t)·σ(s + 2) with parameters [t | s]; Dinh et al., *Real NVP*, 2017, section 3.2, as Glow has it.
struct AffineMap: CouplingMap {
    let parameters = 2

    func forward(_ x: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable {
        let (shift, raw) = parameters.split(at: x.shape.last)
        logDensity = logDensity - softplus(-raw - 2).sum(.rows)
        return (x + shift) * sigmoid(raw + 2)
    }

    func inverse(_ y: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable {
        let (shift, raw) = parameters.split(at: y.shape.last)
        logDensity = logDensity - softplus(-raw - 2).sum(.rows)
        return y.combined(.divide, sigmoid(raw + 2), .elementwise) - shift
    }
}
