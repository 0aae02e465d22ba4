import RealModule
import Tensors

extension ReferenceBackend {
    public func map(_ function: ElementFunction, _ x: Tensor) -> Tensor {
        tensor(doubles(x).map { value(function, $0) }, x.shape, .float64)
    }

    public func mapGradient(_ function: ElementFunction, x: Tensor, y: Tensor, dy: Tensor) -> Tensor {
        precondition(x.count == dy.count && y.count == dy.count, "\(x.shape), \(y.shape), \(dy.shape)")
        let values = zip(doubles(x), doubles(dy)).map { derivative(function, $0) * $1 }
        return tensor(values, dy.shape, .float64)
    }

    private func value(_ function: ElementFunction, _ x: Double) -> Double {
        switch function {
        case .exp: .exp(x)
        case .log: .log(x)
        case .square: x * x
        case .sigmoid: 1 / (1 + .exp(-x))
        case .tanh: .tanh(x)
        // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)
        case .softplus: max(x, 0) + .log(onePlus: .exp(-abs(x)))
        case .reciprocal: 1 / x
        case .inverseSquareRoot: 1 / x.squareRoot()
        case .relu: max(x, 0)
        case .squareRoot: x.squareRoot()
        case .floor: x.rounded(.down)
        }
    }

    private func derivative(_ function: ElementFunction, _ x: Double) -> Double {
        switch function {
        case .exp: .exp(x)
        case .log: 1 / x
        case .square: 2 * x
        case .sigmoid: value(.sigmoid, x) * value(.sigmoid, -x)
        case .tanh: 1 - .tanh(x) * .tanh(x)
        case .softplus: value(.sigmoid, x)
        case .reciprocal: -1 / (x * x)
        case .inverseSquareRoot: -0.5 / (x * x.squareRoot())
        case .relu: x > 0 ? 1 : 0
        case .squareRoot: 0.5 / x.squareRoot()
        case .floor: 0
        }
    }

    public func combine(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, _ broadcast: Broadcast)
        -> Tensor
    {
        let other = doubles(b)
        precondition(
            other.count == extent(broadcast, of: a.shape), "\(b.shape) with \(a.shape), \(broadcast)")
        let values = doubles(a).enumerated().map { i, left in
            let right = other[index(broadcast, i, in: a.shape)]
            return switch operation {
            case .add: left + right
            case .subtract: left - right
            case .multiply: left * right
            case .divide: left / right
            }
        }
        return tensor(values, a.shape, .float64)
    }

    private func extent(_ broadcast: Broadcast, of shape: Shape) -> Int {
        switch broadcast {
        case .elementwise: shape.count
        case .channels: shape.last
        case .rows: shape.first
        case .scalar: 1
        }
    }

    /// The element of the broadcast operand that meets element `i` of `shape`.
    private func index(_ broadcast: Broadcast, _ i: Int, in shape: Shape) -> Int {
        switch broadcast {
        case .elementwise: i
        case .channels: i % shape.last
        case .rows: i / shape.rowCount
        case .scalar: 0
        }
    }

    public func affine(_ x: Tensor, scale: Double, shift: Double) -> Tensor {
        tensor(doubles(x).map { scale * $0 + shift }, x.shape, .float64)
    }

    public func accumulate(_ x: Tensor, into y: Tensor, scale: Double) {
        store(zip(doubles(y), doubles(x)).map { $0 + scale * $1 }, in: y)
    }

    public func sum(_ x: Tensor, _ reduction: Reduction) -> Tensor {
        var sums: [Double]
        switch reduction {
        case .all: sums = [0]
        case .rows: sums = [Double](repeating: 0, count: x.shape.first)
        case .channels: sums = [Double](repeating: 0, count: x.shape.last)
        }
        for (i, value) in doubles(x).enumerated() {
            switch reduction {
            case .all: sums[0] += value
            case .rows: sums[i / x.shape.rowCount] += value
            case .channels: sums[i % x.shape.last] += value
            }
        }
        return vector(sums)
    }

    public func moments(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
        let count = Double(x.count / x.shape.last)
        let mean = affine(sum(x, .channels), scale: 1 / count, shift: 0)
        let centred = combine(.subtract, x, mean, .channels)
        return (mean, affine(sum(map(.square, centred), .channels), scale: 1 / count, shift: 0))
    }

    public func logSumExp(_ x: Tensor) -> Tensor {
        let x = matrix(x)
        return vector(
            (0..<x.rows).map { n in
                let row = (0..<x.columns).map { x[n, $0] }
                let largest = row.max() ?? -.infinity
                guard largest > -.infinity else { return -.infinity }
                return largest + .log(row.reduce(0) { $0 + .exp($1 - largest) })
            })
    }
}
