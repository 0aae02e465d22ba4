import Gradients
import Tensors
import TestSupport
import Testing

/// One operation under test: inputs of these shapes, reduced by fixed random weights to a scalar.
struct Operation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let shapes: [Shape]
    let apply: @Sendable ([Variable]) -> Variable

    init(_ name: String, _ shapes: [Shape], _ apply: @escaping @Sendable ([Variable]) -> Variable) {
        testDescription = name
        self.shapes = shapes
        self.apply = apply
    }

    func loss(_ inputs: [Variable], on tape: Tape) -> Variable {
        let output = apply(inputs)
        let weights = normalValues(output.value.count, seed: 99)
        let constant = tape.constant(tape.backend.tensor(weights, output.shape, output.type))
        return (output * constant).sum(.all)
    }
}

private let geometry = ConvolutionGeometry(stride: 2, padding: 1)
private let key = RandomKey(seed: 3, purpose: .dropout)

/// Both results of a spline of 4 bins, whose gradients come from one kernel.
private func splined(_ inputs: [Variable], inverse: Bool) -> Variable {
    let spline = RationalQuadraticSpline(bins: 4, bound: 2)
    let (y, logSlope) = inputs[0].splined(by: inputs[1], spline, inverse: inverse)
    return y.combined(.multiply, logSlope, .rows)
}

private let operations: [Operation] = [
    Operation("add, multiply, subtract", [[3, 4], [3, 4]]) { ($0[0] + $0[1]) * $0[0] - $0[1] },
    Operation("divide", [[3, 4], [3, 4]]) { $0[0].combined(.divide, exp($0[1]), .elementwise) },
    Operation("multiply channels", [[2, 3, 3, 4], [4]]) { $0[0].combined(.multiply, $0[1], .channels) },
    Operation("divide rows", [[3, 2], [3]]) { $0[0].combined(.divide, exp($0[1]), .rows) },
    Operation("subtract scalar", [[3, 2], [1]]) { $0[0].combined(.subtract, $0[1], .scalar) },
    Operation("affine", [[5]]) { (2.5 * $0[0] + 1) - 3 },
    Operation("exp, softplus, sigmoid", [[7]]) { softplus(exp($0[0])) * sigmoid(-$0[0]) },
    Operation("log of square", [[7]]) { log($0[0].mapped(.square) + 1) },
    Operation("sum rows", [[3, 2, 2]]) { exp($0[0]).sum(.rows) },
    Operation("sum channels", [[3, 2, 2]]) { exp($0[0]).sum(.channels) },
    Operation("mean", [[3, 2]]) { exp($0[0]).mean() },
    Operation("logSumExp", [[3, 5]]) { $0[0].logSumExp() },
    Operation("logSoftmax", [[3, 5]]) { $0[0].logSoftmax() },
    Operation("product", [[3, 4], [4, 2]]) { $0[0].product($0[1]) },
    Operation("product, left transposed", [[4, 3], [4, 2]]) { $0[0].product($0[1], transposeSelf: true) },
    Operation("product, right transposed", [[3, 4], [2, 4]]) { $0[0].product($0[1], transposeOther: true) },
    Operation("product, both transposed", [[4, 3], [2, 4]]) {
        $0[0].product($0[1], transposeSelf: true, transposeOther: true)
    },
    Operation("convolution", [[2, 5, 4, 3], [3, 3, 3, 2], [2]]) {
        $0[0].convolved(with: $0[1], bias: $0[2], geometry, slope: 0.2)
    },
    Operation("convolution, linear", [[2, 4, 4, 2], [3, 3, 2, 3]]) { $0[0].convolved(with: $0[1]) },
    Operation("transposed convolution", [[2, 3, 4, 2], [3, 3, 3, 2]]) {
        $0[0].transposeConvolved(with: $0[1])
    },
    Operation("transposed convolution, strided", [[2, 3, 2, 3], [3, 3, 2, 3]]) {
        $0[0].transposeConvolved(with: $0[1], geometry, outputPadding: 1)
    },
    Operation("channels", [[2, 3, 6]]) { exp($0[0].channels(2..<5)) },
    Operation("join", [[2, 3, 2], [2, 3, 1]]) { exp($0[0].joined(with: $0[1])) },
    Operation("rows", [[5, 3]]) { exp($0[0].rows(1..<4)) },
    Operation("stack", [[2, 3], [1, 3]]) { exp(stacked([$0[0], $0[1], $0[0]])) },
    Operation("squeeze", [[2, 4, 2, 3]]) { exp($0[0].squeezed()) },
    Operation("unsqueeze", [[2, 2, 1, 8]]) { exp($0[0].unsqueezed()) },
    Operation("translate", [[2, 4, 3, 2]]) {
        exp($0[0]).translated(by: [Translation(down: 1, right: -2), Translation(down: 0, right: 1)])
    },
    Operation("weight norm", [[3, 3, 2, 4], [4]]) { $0[0].weightNormalized(gain: $0[1]) },
    Operation("dropout", [[4, 9]]) { exp($0[0]).dropped(rate: 0.4, key: key) },
    Operation("global max pool", [[2, 3, 3, 4]]) { $0[0].globalMaxPooled() },
    Operation("global mean pool", [[2, 3, 3, 4]]) { exp($0[0]).globalMeanPooled() },
    Operation("max pool", [[2, 5, 4, 3]]) { $0[0].maxPooled() },
    Operation("batch norm", [[4, 3, 2, 3], [3], [3]]) {
        exp($0[0].batchNormalized(gamma: $0[1], beta: $0[2], epsilon: 1e-5).y)
    },
    Operation("Gaussian log density", [[3, 2, 2], [3, 2, 2], [3, 2, 2]]) {
        $0[0].gaussianLogDensity(mean: $0[1], logDeviation: $0[2])
    },
    Operation("Gaussian log density, one prior", [[3, 4], [4], [4]]) {
        $0[0].gaussianLogDensity(mean: $0[1], logDeviation: $0[2])
    },
    Operation("spline", [[3, 2, 2], [3, 2, 22]]) { splined($0, inverse: false) },
    Operation("inverse of a spline", [[3, 2, 2], [3, 2, 22]]) { splined($0, inverse: true) },
    Operation("inverse", [[3, 3]]) { $0[0].inverted() },
    Operation("PLU", [[3, 3], [3, 3], [3]]) {
        composedPLU(
            lower: $0[0], upper: $0[1], logDiagonal: $0[2], signs: [1, -1, 1], permutation: [2, 0, 1])
    },
]

@Suite("Operations") struct OperationTests {
    private let backend = ReferenceBackend()

    @Test("Tape gradients are central differences of the forward pass", arguments: operations)
    func gradients(_ operation: Operation) {
        let points = operation.shapes.enumerated().map { index, shape in
            backend.tensor(normalValues(shape.count, seed: UInt64(index + 1)), shape, .float64)
        }
        let tape = Tape(backend)
        let inputs = points.map(tape.variable)
        tape.backward(from: operation.loss(inputs, on: tape))
        let gradients = inputs.map { $0.gradient ?? backend.zerosLike($0.value) }
        expectGradients(
            gradients,
            of: { moved in
                let tape = Tape(backend)
                return backend.scalar(operation.loss(moved.map(tape.constant), on: tape).value)
            }, at: points, on: backend, operation.testDescription)
    }

    @Test("A variable used twice gathers both gradients, and neither changes the other's")
    func fanOut() {
        let tape = Tape(backend)
        let x = tape.variable(backend.tensor([2.0, 3.0], [2], .float64))
        let y = tape.variable(backend.tensor([5.0, 7.0], [2], .float64))
        let sum = x + y
        tape.backward(from: (sum + x * y).sum(.all))
        #expect(backend.doubles(x.gradient!) == [6, 8])
        #expect(backend.doubles(y.gradient!) == [3, 4])
    }

    @Test("No gradient flows through a detached variable or into a constant")
    func detached() {
        let tape = Tape(backend)
        let x = tape.variable(backend.tensor([2.0], [1], .float64))
        let constant = tape.constant(backend.tensor([4.0], [1], .float64))
        tape.backward(from: x.detached * x * constant)
        #expect(backend.doubles(x.gradient!) == [8])
        #expect(constant.gradient == nil)
    }
}
