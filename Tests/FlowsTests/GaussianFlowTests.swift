import Foundation
import Gradients
import Networks
import System
import Tensors
import TestSupport
import Testing

@testable import Flows

/// Points `[N, 1, 1, 2]` of a Gaussian whose axes lie askew.
private let points: [Float] = (0..<400).flatMap { i -> [Float] in
    let (a, b) = (sin(Float(i) * 12.9898), cos(Float(i) * 78.233))
    return [1.5 + 2 * a + 0.3 * b, -0.5 + 0.7 * b - 0.9 * a]
}

/// log N(x; m, S) with the points' mean and covariance divided by N, written out for two dimensions.
private func closedForm(_ x: Double, _ y: Double) -> Double {
    let count = Double(points.count / 2)
    let xs = stride(from: 0, to: points.count, by: 2).map { Double(points[$0]) }
    let ys = stride(from: 1, to: points.count, by: 2).map { Double(points[$0]) }
    let (mx, my) = (xs.reduce(0, +) / count, ys.reduce(0, +) / count)
    let sxx = xs.reduce(0) { $0 + ($1 - mx) * ($1 - mx) } / count
    let syy = ys.reduce(0) { $0 + ($1 - my) * ($1 - my) } / count
    let sxy = zip(xs, ys).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / count
    let determinant = sxx * syy - sxy * sxy
    let (dx, dy) = (x - mx, y - my)
    let distance = (syy * dx * dx - 2 * sxy * dx * dy + sxx * dy * dy) / determinant
    return -log(2 * .pi) - log(determinant) / 2 - distance / 2
}

@Suite struct GaussianFlowTests {
    /// Several seeds: their fixed permutations and signs differ.
    @Test(arguments: 1...6) func theFitIsTheGaussianOfMeanAndCovariance(seed: UInt64) throws {
        let backend = ReferenceBackend()
        let flow = Glow(.plane(couplings: 0), backend: backend, seed: seed)
        #expect(flow.configuration.isGaussian && !GlowConfiguration.plane(couplings: 1).isGaussian)
        try flow.fitGaussian(to: backend.tensor(points, [points.count / 2, 1, 1, 2], backend.real))
        let pass = Pass.inference(flow.store)
        let places: [Float] = [0, 0, 1.5, -0.5, 3, -2, -4, 4]
        let x = pass.constant(backend.tensor(places, [4, 1, 1, 2], backend.real))
        let expected = stride(from: 0, to: 8, by: 2).map {
            closedForm(Double(places[$0]), Double(places[$0 + 1]))
        }
        expectClose(backend.doubles(flow.logDensity(x, pass).value), expected, relative: 1e-9, "log q")
    }

    @Test func samplesHaveTheirMomentsAndCarryTheirDensity() throws {
        let backend = try Device.cpu.open(threads: 1, precision: .float32)
        let flow = Glow(.plane(couplings: 0), backend: backend, seed: 3)
        try flow.fitGaussian(to: backend.tensor(points, [points.count / 2, 1, 1, 2], backend.real))
        let pass = Pass.inference(flow.store)
        let key = RandomKey(seed: 1, purpose: .sample)
        let sample = flow.sample(20_000, key: key, pass)
        let values = backend.floats(sample.x.value)
        for axis in 0..<2 {
            func mean(_ values: [Float]) -> Double {
                stride(from: axis, to: values.count, by: 2).reduce(0) { $0 + Double(values[$1]) }
                    / Double(values.count / 2)
            }
            // Five standard errors of a deviation of 1.5.
            #expect(abs(mean(values) - mean(points)) < 5 * 1.5 / 20_000.0.squareRoot())
        }
        let carried = backend.doubles(sample.logDensity.value).prefix(50)
        let expected = (0..<50).map { closedForm(Double(values[2 * $0]), Double(values[2 * $0 + 1])) }
        expectClose(Array(carried), expected, relative: 1e-4, "log q of samples")
    }

    @Test func pointsOnALineHaveNoGaussian() throws {
        let backend = ReferenceBackend()
        let flow = Glow(.plane(couplings: 0), backend: backend, seed: 1)
        for line in [[0, 0, 1, 2, 2, 4], [1, 0, 1, 1, 1, 5]] as [[Float]] {
            let line = backend.tensor(line, [3, 1, 1, 2], backend.real)
            #expect(throws: UserError.self) { try flow.fitGaussian(to: line) }
        }
    }
}
