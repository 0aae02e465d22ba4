import Tensors

/// Classes of features by the largest of K linear scores.
public struct LinearClassifier: Sendable {
    /// Float64 `[d, K]`.
    public let weights: Tensor
    /// Float64 `[K]`.
    public let bias: Tensor
    private let backend: any Backend

    init(weights: Tensor, bias: Tensor, backend: any Backend) {
        self.weights = weights
        self.bias = bias
        self.backend = backend
    }

    /// x·W + b, float64 `[N, K]`, of real `[N, d]`.
    public func scores(_ x: Tensor) -> Tensor {
        let product = backend.matrixProduct(
            x, backend.cast(weights, to: backend.real), transposeA: false, transposeB: false)
        return backend.combine(.add, backend.cast(product, to: .float64), bias, .channels)
    }

    /// The class of each row of real `[N, d]`; the first of equal scores.
    public func classes(_ x: Tensor) -> [Int] {
        let (scores, count) = (backend.doubles(scores(x)), bias.count)
        return stride(from: 0, to: scores.count, by: count).map { start in
            (0..<count).reduce(0) { scores[start + $1] > scores[start + $0] ? $1 : $0 }
        }
    }

    /// Share of `features` whose class is another one, 0...1.
    public func errorRate(_ features: Features) -> Double {
        let wrong = zip(classes(features.values), features.labels).count { $0 != $1 }
        return Double(wrong) / Double(features.count)
    }
}

/// A convex problem over one set of labelled examples, solved for rising C, each from the solution before.
public protocol LinearProblem: AnyObject {
    /// The minimiser for C = `cost`. The next call starts from it.
    ///
    /// - Parameter poll: called once in every product with the examples; what it throws ends the solution.
    func solve(cost: Double, poll: () throws -> Void) rethrows -> LinearClassifier
}

extension LinearProblem {
    /// The minimiser for C = `cost`. The next call starts from it.
    public func solve(cost: Double) -> LinearClassifier { solve(cost: cost, poll: {}) }
}

/// The classifiers on features.
public enum LinearMethod: String, CaseIterable, Sendable, Codable {
    /// ``LinearSVM``.
    case svm
    /// ``LogisticRegression``.
    case logistic

    /// The problem of examples `[n, d]` (real) with classes in 0..<`classes`.
    public func problem(_ x: Tensor, labels: [Int], classes: Int, backend: any Backend) -> any LinearProblem {
        switch self {
        case .svm: LinearSVM(x, labels: labels, classes: classes, backend: backend)
        case .logistic: LogisticRegression(x, labels: labels, classes: classes, backend: backend)
        }
    }
}

extension Backend {
    /// Float64 `[n, classes]`: `hit` in the column of a row's label, `miss` elsewhere.
    func indicators(_ labels: [Int], classes: Int, hit: Double, miss: Double) -> Tensor {
        precondition(labels.allSatisfy { 0..<classes ~= $0 }, "a label that is no class")
        return tensor(
            labels.flatMap { label in (0..<classes).map { $0 == label ? hit : miss } },
            [labels.count, classes], .float64)
    }
}
