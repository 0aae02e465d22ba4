import Tensors
import TestSupport
import Testing

/// The product's element-wise kernels and reductions against the reference.
@Suite("Element-wise kernels and reductions")
struct ElementwiseTests {
    static let engine = Engine()
    /// Odd lengths leave remainders behind vector loops; the last is cut among threads.
    static let shapes: [Shape] = [[1, 1], [3, 5], [7, 1], [2, 3, 5, 3], [1, 4, 4, 17], [33, 40, 40, 3]]

    /// float32 arithmetic; float64 kernels may still share its polynomial exp.
    private func tolerance(_ type: ScalarType) -> Double { type == .float64 ? 1e-12 : 1e-6 }

    @Test(arguments: ElementFunction.allCases, [ScalarType.float32, .float64])
    func maps(_ function: ElementFunction, _ type: ScalarType) throws {
        let positive: Set<ElementFunction> = [.log, .inverseSquareRoot, .squareRoot]
        for count in [1, 7, 1003, 70_001] {
            try expectAgreement(Self.engine, relative: tolerance(type), "\(count) elements") { backend in
                let values = normalValues(count, seed: 3).map { x in
                    let distant = 0.1 + 2 * abs(x)
                    return positive.contains(function) || x > 0 ? distant : -distant
                }
                let x = backend.tensor(rounded(values, to: .float32), [count], type)
                let dy = backend.randomTensor([count], seed: 4, type: type)
                let y = backend.map(function, x)
                return [y, backend.mapGradient(function, x: x, y: y, dy: dy)]
            }
        }
    }

    /// Element by element relative to itself: small results must be right too, as in densities.
    @Test(arguments: [ElementFunction.exp, .softplus, .sigmoid], [ScalarType.float32, .float64])
    func smallResultsAreAccurate(_ function: ElementFunction, _ type: ScalarType) throws {
        let (backend, reference) = (try Self.engine.start(), ReferenceBackend())
        let values = rounded((-80...80).map { Double($0) + 0.37 }, to: .float32)
        func results(_ backend: any Backend) -> [Double] {
            backend.doubles(backend.map(function, backend.tensor(values, [values.count], type)))
        }
        let ratios = zip(results(backend), results(reference)).map { $0 / $1 }
        expectClose(ratios, ratios.map { _ in 1 }, absolute: type == .float64 ? 1e-13 : 1e-6)
    }

    @Test(arguments: [ScalarType.float32, .float64])
    func extremes(_ type: ScalarType) throws {
        let backend = try Self.engine.start()
        func results(_ function: ElementFunction, _ values: [Double]) -> [Double] {
            backend.doubles(backend.map(function, backend.tensor(values, [values.count], type)))
        }
        #expect(results(.exp, [-.infinity, 0, .infinity]) == [0, 1, .infinity])
        #expect(results(.softplus, [-2000, 2000]) == [0, 2000])
        #expect(results(.sigmoid, [-2000, 0, 2000]) == [0, 0.5, 1])
        #expect(results(.tanh, [-2000, 0, 2000]) == [-1, 0, 1])
        #expect(results(.log, [0, 1]) == [-.infinity, 0])
        #expect(results(.squareRoot, [0, 2.25, .infinity]) == [0, 1.5, .infinity])
        #expect(results(.floor, [-0.25, 0, 0.75, 255, -3]) == [-1, 0, 0, 255, -3])
        for function in [
            ElementFunction.exp, .softplus, .sigmoid, .tanh, .relu, .square, .squareRoot, .floor,
        ] {
            #expect(results(function, [.nan, 1])[0].isNaN, "\(function) hides NaN")
        }
    }

    @Test(arguments: BinaryOperation.allCases, shapes)
    func combinations(_ operation: BinaryOperation, _ shape: Shape) throws {
        let broadcasts: [(Broadcast, Shape, [ScalarType])] = [
            (.elementwise, shape, [.float32, .float64]), (.channels, [shape.last], [.float32, .float64]),
            (.rows, [shape.first], [.float32, .float64]), (.scalar, [1], [.float32, .float64]),
        ]
        for (broadcast, other, types) in broadcasts {
            for type in types {
                try expectAgreement(Self.engine, relative: tolerance(type), "\(broadcast) \(type)") {
                    backend in
                    let a = backend.randomTensor(shape, seed: 1, type: type)
                    // At least 4 away from 0, for division
                    let b = backend.randomTensor(other, seed: 2, shift: 9, type: type)
                    return [backend.combine(operation, a, b, broadcast)]
                }
            }
        }
    }

    @Test(arguments: BinaryOperation.allCases, [Broadcast.rows, .scalar])
    func float64BroadcastsIntoFloat32(_ operation: BinaryOperation, _ broadcast: Broadcast) throws {
        try expectAgreement(Self.engine, relative: 1e-6) { backend in
            let a = backend.randomTensor([5, 3, 2], seed: 1, type: .float32)
            let b = backend.randomTensor(broadcast == .rows ? [5] : [1], seed: 2, shift: 9, type: .float64)
            return [backend.combine(operation, a, b, broadcast)]
        }
    }

    @Test(arguments: shapes)
    func bfloat16(_ shape: Shape) throws {
        try expectAgreement(Self.engine) { backend in
            let x = backend.randomTensor(shape, seed: 1, type: .bfloat16, precision: .bfloat16)
            let y = backend.randomTensor(shape, seed: 2, type: .bfloat16, precision: .bfloat16)
            return [
                backend.combine(.add, x, y, .elementwise), backend.affine(x, scale: 1.5, shift: 0.25),
                backend.cast(x, to: .float32), backend.cast(x, to: .float64),
            ]
        }
        // Sums are taken in float64 and returned as float32 or float64.
        try expectAgreement(Self.engine, relative: 1e-6, absolute: 1e-6) { backend in
            let x = backend.randomTensor(shape, seed: 1, type: .bfloat16, precision: .bfloat16)
            let (mean, variance) = backend.moments(x)
            return [
                backend.sum(x, .all), backend.sum(x, .rows), backend.sum(x, .channels), mean, variance,
            ]
        }
    }

    @Test func castsToBfloat16RoundToNearestEven() throws {
        let backend = try Self.engine.start()
        let values = normalValues(1001, seed: 5) + [1.00390625, 1.01171875, 0, -0.0, .infinity]
        let x = backend.tensor(values, [values.count], .float32)
        let expected = rounded(rounded(values, to: .float32), to: .bfloat16)
        #expect(backend.doubles(backend.cast(x, to: .bfloat16)) == expected)
    }

    @Test(arguments: shapes, [ScalarType.float32, .float64])
    func sums(_ shape: Shape, _ type: ScalarType) throws {
        // A mean of 3 under a deviation of 1: variances must not cancel.
        try expectAgreement(Self.engine, relative: tolerance(type), absolute: tolerance(type)) { backend in
            let x = backend.randomTensor(shape, seed: 1, shift: 3, type: type)
            let (mean, variance) = backend.moments(x)
            return [backend.sum(x, .channels), mean, variance]
        }
        try expectAgreement(Self.engine, relative: 1e-12, absolute: 1e-12) { backend in
            let x = backend.randomTensor(shape, seed: 1, shift: 3, type: type)
            return [backend.sum(x, .all), backend.sum(x, .rows)]
        }
    }

    @Test func varianceSurvivesALargeMean() throws {
        try expectAgreement(Self.engine, relative: 1e-4) { backend in
            [backend.moments(backend.randomTensor([50, 8, 8, 3], seed: 1, scale: 0.1, shift: 300)).variance]
        }
    }

    @Test func affineAndAccumulate() throws {
        for type in [ScalarType.float32, .float64] {
            try expectAgreement(Self.engine, relative: tolerance(type), "\(type)") { backend in
                let x = backend.randomTensor([70_003], seed: 1, type: type)
                let y = backend.randomTensor([70_003], seed: 2, type: type)
                backend.accumulate(x, into: y, scale: -0.7)
                // A view in the middle must leave its neighbours alone.
                backend.accumulate(x.view(from: 0, shape: [11]), into: y.view(from: 5, shape: [11]), scale: 2)
                return [y, backend.affine(x, scale: 3, shift: -2)]
            }
        }
    }

    @Test func logSumExp() throws {
        try expectAgreement(Self.engine, relative: 1e-13) { backend in
            let moderate = backend.randomTensor([1001, 10], seed: 1, scale: 5, type: .float64)
            let large = backend.randomTensor([7, 3], seed: 2, scale: 1, shift: -12_414, type: .float64)
            return [backend.logSumExp(moderate), backend.logSumExp(large)]
        }
        try expectAgreement(Self.engine, relative: 1e-13) { backend in
            let values: [Double] = [1000, 1000, -.infinity, -.infinity, -.infinity, 3]
            return [backend.logSumExp(backend.tensor(values, [3, 2], .float64))]
        }
    }
}
