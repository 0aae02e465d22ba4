import Gradients
import Tensors

/// Every moved channel goes through a monotone rational-quadratic spline, whose knots the network gives; Durkan et al.,
/// *Neural Spline Flows*, 2019, section 3. Eight bins on (−3, 3): actnorm has brought channels to deviation 1.
struct SplineMap: CouplingMap {
    private let spline = RationalQuadraticSpline(bins: 8, bound: 3)

    var parameters: Int { spline.parameters }

    func forward(_ x: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable {
        let (y, logSlope) = x.splined(by: parameters, spline)
        logDensity = logDensity + logSlope
        return y
    }

    func inverse(_ y: Variable, _ parameters: Variable, _ logDensity: inout Variable) -> Variable {
        let (x, logSlope) = y.splined(by: parameters, spline, inverse: true)
        logDensity = logDensity + logSlope
        return x
    }
}
