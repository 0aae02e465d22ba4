import Tensors
import TestSupport
import Testing

/// Gaussian densities, PLU and optimisers against the reference.
@Suite("Flow kernels and optimisers")
struct FlowKernelTests {
    static let engine = Engine()

    @Test(arguments: [Shape([1, 1]), [3, 2, 2, 5], [65, 8, 8, 6]], [true, false])
    func gaussianLogDensity(_ shape: Shape, sharedByAllRows: Bool) throws {
        let parameters = sharedByAllRows ? Shape(Array(shape.dimensions.dropFirst())) : shape
        for type in [ScalarType.float32, .float64] {
            try expectAgreement(Self.engine, relative: type == .float64 ? 1e-12 : 1e-6, "\(type)") {
                backend in
                let z = backend.randomTensor(shape, seed: 1, type: type)
                let mean = backend.randomTensor(parameters, seed: 2, type: type)
                let logs = backend.randomTensor(parameters, seed: 3, scale: 0.5, type: type)
                let dy = backend.randomTensor([shape.first], seed: 4, type: .float64)
                let density = backend.gaussianLogDensity(z, mean: mean, logDeviation: logs)
                let gradient = backend.gaussianLogDensityGradient(dy, z, mean: mean, logDeviation: logs)
                return [density, gradient.dz, gradient.dmean, gradient.dlogDeviation]
            }
        }
    }

    /// Arguments lie inside, outside and on the border of the interval. Where a spline is flat, its inverse amplifies the
    /// rounding of float32, so raw numbers are smaller there.
    @Test(arguments: [Shape([1, 1]), [3, 2, 2, 5], [65, 3, 1, 4]], [false, true])
    func spline(_ shape: Shape, inverse: Bool) throws {
        // As many bins as channels.
        let spline = RationalQuadraticSpline(bins: shape.last, bound: 3)
        for type in [ScalarType.float32, .float64] {
            try expectAgreement(Self.engine, relative: type == .float64 ? 1e-9 : 1e-5, "\(type)") { backend in
                let x = backend.randomTensor(shape, seed: 1, scale: 2, type: type)
                backend.fill(x.view(from: x.offset, shape: [1]), with: -3)
                let raw = backend.randomTensor(
                    shape.replacingLast(with: shape.last * spline.parameters), seed: 2,
                    scale: type == .float64 ? 2 : 0.5, type: type)
                let dy = backend.randomTensor(shape, seed: 3, type: type)
                let dlog = backend.randomTensor([shape.first], seed: 4, type: .float64)
                let (y, logSlope) = backend.spline(x, raw, spline, inverse: inverse)
                let gradient = backend.splineGradient(
                    dy, logSlope: dlog, argument: inverse ? y : x, raw, spline, inverse: inverse)
                return [y, logSlope, gradient.dx, gradient.dparameters]
            }
        }
    }

    @Test("A spline's inverse gives its argument and its slope back; zeros are the identity")
    func splineInverse() throws {
        let backend = try Self.engine.start()
        let spline = RationalQuadraticSpline(bins: 8, bound: 3)
        let x = backend.randomTensor([50, 40], seed: 1, scale: 2)
        let raw = backend.randomTensor([50, 40 * spline.parameters], seed: 2, scale: 0.5)
        let (y, logSlope) = backend.spline(x, raw, spline, inverse: false)
        let (back, sameSlope) = backend.spline(y, raw, spline, inverse: true)
        expectClose(backend.doubles(back), backend.doubles(x), absolute: 1e-5)
        expectClose(backend.doubles(sameSlope), backend.doubles(logSlope), absolute: 1e-3)
        #expect(backend.doubles(y) != backend.doubles(x))
        let (same, none) = backend.spline(x, backend.zerosLike(raw), spline, inverse: false)
        expectClose(backend.doubles(same), backend.doubles(x), absolute: 1e-6)
        expectClose(backend.doubles(none), [Double](repeating: 0, count: 50), absolute: 1e-12)
    }

    @Test(arguments: [1, 2, 12, 48])
    func plu(_ extent: Int) throws {
        var stream = RandomStream(RandomKey(seed: 4, purpose: .noise))
        let permutation = stream.permutation(extent)
        try expectAgreement(Self.engine, relative: 2e-5) { backend in
            // Small off-diagonal parts: the inverse stays well conditioned.
            let scale = 0.5 / Double(extent).squareRoot()
            let plu = PLU(
                lower: backend.randomTensor([extent, extent], seed: 1, scale: scale),
                upper: backend.randomTensor([extent, extent], seed: 2, scale: scale),
                logDiagonal: backend.randomTensor([extent], seed: 3, scale: 0.2),
                signs: (0..<extent).map { $0 % 3 == 0 ? -1 : 1 }, permutation: permutation)
            let w = backend.composePLU(plu)
            let gradient = backend.composePLUGradient(backend.randomTensor(w.shape, seed: 5), plu)
            return [w, backend.inverse(w), gradient.lower, gradient.upper, gradient.logDiagonal]
        }
    }

    @Test(arguments: ["adam", "adamax", "glow's adamax"])
    func optimizers(_ rule: String) throws {
        // 3 steps on more elements than one vector or thread takes; the second moment starts at zero.
        try expectAgreement(Self.engine, relative: 1e-6) { backend in
            let state = OptimizerState(
                parameters: backend.randomTensor([70_001], seed: 1),
                gradient: backend.zeros([70_001], backend.real),
                first: backend.zeros([70_001], backend.real), second: backend.zeros([70_001], backend.real))
            for step in 1...3 {
                backend.copy(backend.randomTensor([70_001], seed: UInt64(1 + step)), into: state.gradient)
                let coefficients = AdamRule(
                    rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: step,
                    glowCorrection: rule != "adamax")
                if rule == "adam" {
                    backend.adamStep(state, coefficients)
                } else {
                    backend.adamaxStep(state, coefficients)
                }
            }
            return [state.parameters, state.first, state.second]
        }
    }

    @Test(arguments: ["adam", "adamax", "adamax_glow"])
    func optimizersAgainstPyTorch(rule: String) throws {
        let golden = try Golden("optimizers")
        let backend = try Self.engine.start()
        let parameters = golden.tensor("start", on: backend)
        let gradients = golden.tensor("gradients", on: backend)
        let (first, second) = (backend.zerosLike(parameters), backend.zerosLike(parameters))
        for step in 1...10 {
            let state = OptimizerState(
                parameters: parameters, gradient: gradients.rows(step - 1..<step), first: first,
                second: second)
            let coefficients = AdamRule(
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: step,
                glowCorrection: rule == "adamax_glow")
            rule == "adam" ? backend.adamStep(state, coefficients) : backend.adamaxStep(state, coefficients)
        }
        expectClose(backend.doubles(parameters), Array(golden.values(rule).suffix(5)), relative: 1e-6)
    }
}
