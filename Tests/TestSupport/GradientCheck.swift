import RealModule
import Tensors
import Testing

/// Expects `gradients` to be those of `f` at `points`: for random directions v, ⟨gradient, v⟩ must equal the central
/// difference (f(x + hv) − f(x − hv)) / 2h, to `relative` of the gradient's norm. One tensor moves at a time.
///
/// `f` should avoid kinks within `step` of the point; run it on a ``ReferenceBackend`` for float64.
public func expectGradients(
    _ gradients: [Tensor], of f: ([Tensor]) -> Double, at points: [Tensor], on backend: any Backend,
    step: Double = 1e-5, directions: Int = 3, relative: Double = 1e-6, seed: UInt64 = 1, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for (i, (point, gradient)) in zip(points, gradients).enumerated() {
        #expect(gradient.shape == point.shape, "\(what) argument \(i)", sourceLocation: sourceLocation)
        let gradient = backend.doubles(gradient)
        let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var (analytic, numeric) = ([Double](), [Double]())
        for k in 0..<directions {
            let direction = normalValues(point.count, seed: seed &+ UInt64(100 * i + k))
            analytic.append(zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 })
            let values = [step, -step].map { h in
                var moved = points
                let shifted = zip(backend.doubles(point), direction).map { $0 + h * $1 }
                moved[i] = backend.tensor(shifted, point.shape, point.type)
                return f(moved)
            }
            numeric.append((values[0] - values[1]) / (2 * step))
        }
        expectClose(
            analytic, numeric, absolute: relative * norm + 1e-9, "\(what) argument \(i)",
            sourceLocation: sourceLocation)
    }
}

/// log |det ∂f/∂x| by central differences and LU, for checking log-determinants of small flows.
public func numericLogDeterminant(of f: ([Double]) -> [Double], at x: [Double], step: Double = 1e-5) -> Double
{
    precondition(x.count <= 16, "meant for at most 16 dimensions, not \(x.count)")
    var jacobian = Matrix(x.count, x.count)
    for j in x.indices {
        var (above, below) = (x, x)
        above[j] += step
        below[j] -= step
        for (i, (high, low)) in zip(f(above), f(below)).enumerated() {
            jacobian[i, j] = (high - low) / (2 * step)
        }
    }
    return jacobian.logAbsoluteDeterminant
}
