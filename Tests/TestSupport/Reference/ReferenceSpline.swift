import RealModule
import Tensors

/// A number with its derivatives for some variables: forward differentiation, rule by rule.
private struct Dual {
    var value: Double
    var slopes: [Double]

    init(_ value: Double, _ slopes: [Double]) { (self.value, self.slopes) = (value, slopes) }

    static func constant(_ value: Double, like other: Dual) -> Dual {
        Dual(value, other.slopes.map { _ in 0 })
    }

    private static func join(_ a: Dual, _ b: Dual, _ value: Double, _ da: Double, _ db: Double) -> Dual {
        Dual(value, zip(a.slopes, b.slopes).map { da * $0 + db * $1 })
    }

    private func mapped(_ value: Double, _ slope: Double) -> Dual { Dual(value, slopes.map { slope * $0 }) }

    static func + (a: Dual, b: Dual) -> Dual { join(a, b, a.value + b.value, 1, 1) }
    static func - (a: Dual, b: Dual) -> Dual { join(a, b, a.value - b.value, 1, -1) }
    static func * (a: Dual, b: Dual) -> Dual { join(a, b, a.value * b.value, b.value, a.value) }
    static func / (a: Dual, b: Dual) -> Dual {
        join(a, b, a.value / b.value, 1 / b.value, -a.value / (b.value * b.value))
    }
    static func + (a: Dual, b: Double) -> Dual { a.mapped(a.value + b, 1) }
    static func * (a: Double, b: Dual) -> Dual { b.mapped(a * b.value, a) }

    var exp: Dual { mapped(.exp(value), .exp(value)) }
    var log: Dual { mapped(.log(value), 1 / value) }
    var softplus: Dual { mapped(.log(onePlus: .exp(value)), 1 / (1 + .exp(-value))) }
}

/// A spline of one element: all knots, and its value with the derivatives for the argument and the raw numbers.
private struct Spline {
    let x: [Dual]
    let y: [Dual]
    let slopes: [Dual]
    let bound: Double

    /// - Parameter argument: the variable 0; raw numbers are the variables 1 on.
    init(_ raw: [Double], _ spline: RationalQuadraticSpline) {
        let variables = raw.enumerated().map { i, value in
            Dual(value, (0...raw.count).map { $0 == i + 1 ? 1 : 0 })
        }
        let (bins, bound, smallest) = (spline.bins, spline.bound, RationalQuadraticSpline.smallest)
        func knots(_ raw: ArraySlice<Dual>) -> [Dual] {
            let exponentials = raw.map(\.exp)
            let total = exponentials.dropFirst().reduce(exponentials[0], +)
            let sizes = exponentials.map {
                2 * bound * ((1 - Double(bins) * smallest) * ($0 / total) + smallest)
            }
            return sizes.reduce(into: [.constant(-bound, like: total)]) { $0.append($0[$0.count - 1] + $1) }
        }
        x = knots(variables[0..<bins])
        y = knots(variables[bins..<2 * bins])
        let shift = Double.log(.expMinusOne(1 - smallest))
        let end = Dual.constant(1, like: variables[0])
        slopes = [end] + variables[(2 * bins)...].map { ($0 + shift).softplus + smallest } + [end]
        self.bound = bound
    }

    /// f and log f' at `argument`; eqs. 4 and 5.
    func callAsFunction(_ argument: Double) -> (y: Dual, log: Dual) {
        let at = Dual(argument, x[0].slopes.indices.map { $0 == 0 ? 1 : 0 })
        guard abs(argument) < bound else { return (at, .constant(0, like: at)) }
        let bin = (0..<x.count - 2).first { argument < x[$0 + 1].value } ?? x.count - 2
        let (width, height) = (x[bin + 1] - x[bin], y[bin + 1] - y[bin])
        let (s, r) = (height / width, (at - x[bin]) / width)
        let rest = Dual.constant(1, like: at) - r
        let (start, end) = (slopes[bin], slopes[bin + 1])
        let under = s + (end + start - 2 * s) * r * rest
        let value = y[bin] + height * (s * r * r + start * r * rest) / under
        let slope = s * s * (end * r * r + 2 * s * r * rest + start * rest * rest) / (under * under)
        return (value, slope.log)
    }

    /// f⁻¹ by bisection.
    func inverse(_ y: Double) -> Double {
        guard abs(y) < bound else { return y }
        var (low, high) = (-bound, bound)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if self(middle).y.value < y { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

extension ReferenceBackend {
    private func splines(_ parameters: Tensor, _ spline: RationalQuadraticSpline) -> [Spline] {
        let (raw, count) = (doubles(parameters), spline.parameters)
        return stride(from: 0, to: raw.count, by: count).map { Spline(Array(raw[$0..<$0 + count]), spline) }
    }

    public func spline(_ x: Tensor, _ parameters: Tensor, _ spline: RationalQuadraticSpline, inverse: Bool)
        -> (y: Tensor, logSlope: Tensor)
    {
        let pairs = zip(doubles(x), splines(parameters, spline)).map { value, f in
            let argument = inverse ? f.inverse(value) : value
            let (y, log) = f(argument)
            return (inverse ? argument : y.value, log.value)
        }
        return (
            tensor(pairs.map(\.0), x.shape, .float64),
            sum(tensor(pairs.map(\.1), x.shape, .float64), .rows)
        )
    }

    public func splineGradient(
        _ dy: Tensor, logSlope: Tensor, argument: Tensor, _ parameters: Tensor,
        _ spline: RationalQuadraticSpline, inverse: Bool
    ) -> (dx: Tensor, dparameters: Tensor) {
        let (dy, dlog, size) = (doubles(dy), doubles(logSlope), argument.shape.rowCount)
        var (dx, draw) = ([Double](), [Double]())
        for (i, (at, f)) in zip(doubles(argument), splines(parameters, spline)).enumerated() {
            let (y, log) = f(at)
            var weight = dy[i]
            if inverse {
                // x = f⁻¹(y): ∂x/∂y = 1/f' and ∂x/∂θ = −∂f/∂θ / f'.
                weight = -(weight + dlog[i / size] * log.slopes[0]) / y.slopes[0]
            }
            let all = zip(y.slopes, log.slopes).map { weight * $0 + dlog[i / size] * $1 }
            dx.append(inverse ? -weight : all[0])
            draw += all.dropFirst()
        }
        return (tensor(dx, argument.shape, .float64), tensor(draw, parameters.shape, .float64))
    }
}
