import Tensors

/// Multinomial logistic regression: min ½‖W‖² − C Σ_i log softmax(Wᵀx_i + b)_{y_i}, the intercepts b not regularised. This
/// is what scikit-learn's `LogisticRegression` minimises for the same C.
///
/// Newton's method, its systems by conjugate gradients, with halved steps until the objective falls enough (Armijo).
public final class LogisticRegression: LinearProblem {
    /// The norm of the gradient, as a share of that at W = 0, at which the problem is solved.
    public static let tolerance = 1e-6
    private static let updates = 100

    private let backend: any Backend
    private let design: Design
    /// 0 and 1, float64 `[n, K]`.
    private let targets: Tensor
    private var point: Point

    /// - Parameters:
    ///   - x: real `[n, d]`.
    ///   - labels: `[n]`, each in 0..<`classes`.
    ///   - classes: K.
    ///   - backend: where the features lie.
    public convenience init(_ x: Tensor, labels: [Int], classes: Int, backend: any Backend) {
        self.init(x, labels: labels, classes: classes, isDual: nil, backend: backend)
    }

    init(_ x: Tensor, labels: [Int], classes: Int, isDual: Bool?, backend: any Backend) {
        precondition(x.shape.first == labels.count && !labels.isEmpty)
        self.backend = backend
        design = Design(x, hasBias: false, isDual: isDual, backend: backend)
        targets = backend.indicators(labels, classes: classes, hit: 1, miss: 0)
        point = Point(
            coordinates: backend.zeros([design.coordinateCount + 1, classes], .float64),
            scores: backend.zeros(targets.shape, .float64))
    }

    /// Coordinates of W, or of a direction, with b as their last row, and XW, without b.
    private struct Point {
        var coordinates: Tensor
        var scores: Tensor
    }

    private var classes: Int { targets.shape.last }

    public func solve(cost: Double, poll: () throws -> Void) rethrows -> LinearClassifier {
        var start = point
        (start.coordinates, start.scores) = (
            backend.zerosLike(point.coordinates), backend.zerosLike(point.scores)
        )
        let reference = norm(gradient(start, cost))
        for _ in 0..<Self.updates {
            let gradient = gradient(point, cost)
            let share = reference > 0 ? norm(gradient) / reference : 0
            guard share > Self.tolerance * Self.tolerance else { break }
            let precision = min(0.1, share.squareRoot().squareRoot())
            let direction = try newtonDirection(gradient, cost, precision: precision, poll)
            guard let next = descended(direction, gradient, cost) else { break }
            point = next
        }
        let (weights, _) = design.weights(weightRows(point.coordinates))
        return LinearClassifier(
            weights: weights, bias: intercepts(point.coordinates).reshaped([classes]), backend: backend)
    }

    private func weightRows(_ z: Tensor) -> Tensor { z.rows(0..<design.coordinateCount) }
    private func intercepts(_ z: Tensor) -> Tensor { z.rows(design.coordinateCount..<z.shape.first) }

    /// XW + b.
    private func logits(_ point: Point) -> Tensor {
        backend.combine(.add, point.scores, intercepts(point.coordinates).reshaped([classes]), .channels)
    }

    private func logPosterior(_ point: Point) -> Tensor {
        let logits = logits(point)
        return backend.combine(.subtract, logits, backend.logSumExp(logits), .rows)
    }

    /// ½‖W‖² − C Σ log p(y|x).
    private func objective(_ point: Point, _ cost: Double) -> Double {
        let chosen = backend.combine(.multiply, targets, logPosterior(point), .elementwise)
        let square = backend.sum(weightInner(point.coordinates, point.coordinates, point.scores), .all)
        return 0.5 * backend.scalar(square) - cost * backend.scalar(backend.sum(chosen, .all))
    }

    /// C Xᵀe with C Σe as a last row, and `added` to all but that row.
    private func pulled(_ e: Tensor, _ cost: Double, added: Tensor) -> Tensor {
        let e = backend.affine(e, scale: cost, shift: 0)
        let sums = backend.cast(backend.sum(e, .channels), to: .float64).reshaped([1, classes])
        return backend.stacked([backend.combine(.add, added, design.adjoint(e), .elementwise), sums])
    }

    private func gradient(_ point: Point, _ cost: Double) -> Point {
        let excess = backend.combine(
            .subtract, backend.map(.exp, logPosterior(point)), targets, .elementwise)
        let gradient = pulled(excess, cost, added: weightRows(point.coordinates))
        return Point(coordinates: gradient, scores: design.scores(weightRows(gradient)))
    }

    private func weightInner(_ u: Tensor, _ v: Tensor, _ scores: Tensor) -> Tensor {
        design.inner(weightRows(u), weightRows(v), scores: scores)
    }

    /// Inner product of two points, weights and intercepts, `[1]`.
    private func inner(_ u: Tensor, _ v: Tensor, _ scores: Tensor) -> Tensor {
        let free = backend.columnDots(intercepts(u), intercepts(v))
        return backend.sum(
            backend.combine(.add, weightInner(u, v, scores), free, .elementwise), .all)
    }

    /// The squared norm.
    private func norm(_ point: Point) -> Double {
        backend.scalar(inner(point.coordinates, point.coordinates, point.scores))
    }
}

// MARK: - Newton's direction and step

extension LogisticRegression {
    /// The Hessian's part of the loss maps score changes s to p(s − Σ_k p_k s_k).
    private func newtonDirection(
        _ gradient: Point, _ cost: Double, precision: Double, _ poll: () throws -> Void
    ) rethrows -> Point {
        let posterior = backend.map(.exp, logPosterior(point))
        func applied(_ v: Point) -> Tensor {
            let weighted = backend.combine(.multiply, posterior, logits(v), .elementwise)
            let means = backend.sum(weighted, .rows)
            let spread = backend.combine(.multiply, posterior, means, .rows)
            let curved = backend.combine(.subtract, weighted, spread, .elementwise)
            return pulled(curved, cost, added: weightRows(v.coordinates))
        }
        let solver = ConjugateGradients(
            backend: backend, applied: { applied(Point(coordinates: $0, scores: $1)) },
            scores: { self.design.scores(self.weightRows($0)) }, inner: inner)
        let (coordinates, scores) = try solver.solve(
            gradient.coordinates, scores: gradient.scores, columns: [true], precision: precision, poll)
        return Point(coordinates: coordinates, scores: scores)
    }

    /// The first of the lengths 1, ½, ¼ … that makes the objective fall by a share of what its slope promises; nil where
    /// rounding leaves none.
    private func descended(_ direction: Point, _ gradient: Point, _ cost: Double) -> Point? {
        let slope = backend.scalar(inner(direction.coordinates, gradient.coordinates, gradient.scores))
        let before = objective(point, cost)
        for halvings in 0..<30 {
            let length = 1 / Double(1 << halvings)
            var next = point
            next.coordinates = moved(point.coordinates, direction.coordinates, length)
            next.scores = moved(point.scores, direction.scores, length)
            if objective(next, cost) <= before + 1e-4 * length * slope { return next }
        }
        return nil
    }

    private func moved(_ a: Tensor, _ b: Tensor, _ length: Double) -> Tensor {
        backend.combine(.add, a, backend.affine(b, scale: length, shift: 0), .elementwise)
    }
}
