import Tensors

/// L2-regularised linear support vector machines with squared hinge, one for each class against the rest:
/// min ½‖w‖² + C Σ_i max(0, 1 − y_i wᵀx_i)², x with an appended feature 1, whose weight is regularised too. This is what
/// liblinear's L2R_L2LOSS_SVC and scikit-learn's `LinearSVC` (intercept_scaling 1) minimise.
///
/// Newton's method on the piecewise quadratic objective (Keerthi & DeCoste 2005; Chapelle 2007), its systems by conjugate
/// gradients, its steps by exact line search; all classes at once, as columns.
public final class LinearSVM: LinearProblem {
    /// The norm of the gradient, as a share of that at W = 0, at which a class is solved.
    public static let tolerance = 1e-6
    private static let updates = 50

    private let backend: any Backend
    private let design: Design
    /// ±1, float64 `[n, K]`.
    private let signs: Tensor
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
        design = Design(x, hasBias: true, isDual: isDual, backend: backend)
        signs = backend.indicators(labels, classes: classes, hit: 1, miss: -1)
        point = Point(
            coordinates: design.zeroCoordinates(classes), scores: backend.zeros(signs.shape, .float64))
    }

    public func solve(cost: Double, poll: () throws -> Void) rethrows -> LinearClassifier {
        let reference = backend.doubles(norms(gradient(start, cost)))
        for _ in 0..<Self.updates {
            let gradient = gradient(point, cost)
            let shares = zip(backend.doubles(norms(gradient)), reference).map { $1 > 0 ? $0 / $1 : 0 }
            // Norms are squared.
            let open = shares.map { $0 > Self.tolerance * Self.tolerance }
            guard open.contains(true) else { break }
            let precision = min(0.1, (shares.max() ?? 1).squareRoot().squareRoot())
            let direction = try newtonDirection(gradient, cost, open, precision: precision, poll)
            let lengths = lineSearch(direction, cost)
            point = point.moved(along: direction, lengths, backend)
        }
        let (weights, bias) = design.weights(point.coordinates)
        return LinearClassifier(
            weights: weights, bias: bias ?? backend.zeros([signs.shape.last], .float64), backend: backend)
    }

    /// Coordinates of W, or of a direction, and their scores.
    private struct Point {
        var coordinates: Tensor
        var scores: Tensor

        /// The point moved column by column, by `lengths` `[K]`.
        func moved(along direction: Point, _ lengths: Tensor, _ backend: any Backend) -> Point {
            func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
                backend.combine(.add, a, backend.combine(.multiply, b, lengths, .channels), .elementwise)
            }
            return Point(
                coordinates: sum(coordinates, direction.coordinates), scores: sum(scores, direction.scores))
        }
    }

    private var start: Point {
        Point(
            coordinates: backend.zerosLike(point.coordinates), scores: backend.zerosLike(point.scores))
    }

    /// 1 − y f.
    private func slacks(_ scores: Tensor) -> Tensor {
        backend.affine(backend.combine(.multiply, signs, scores, .elementwise), scale: -1, shift: 1)
    }

    /// W − 2C Xᵀ(y max(0, 1 − yf)).
    private func gradient(_ point: Point, _ cost: Double) -> Point {
        let hinge = backend.map(.relu, slacks(point.scores))
        let pull = backend.affine(
            backend.combine(.multiply, signs, hinge, .elementwise), scale: -2 * cost, shift: 0)
        let gradient = backend.combine(.add, point.coordinates, design.adjoint(pull), .elementwise)
        return Point(coordinates: gradient, scores: design.scores(gradient))
    }

    /// Squared norms, `[K]`.
    private func norms(_ point: Point) -> Tensor {
        design.inner(point.coordinates, point.coordinates, scores: point.scores)
    }
}

// MARK: - Newton's direction and step

extension LinearSVM {
    /// Solves (I + 2C Xᵀ M X) S = −gradient for the open columns, M keeping examples within the margin.
    private func newtonDirection(
        _ gradient: Point, _ cost: Double, _ open: [Bool], precision: Double, _ poll: () throws -> Void
    ) rethrows -> Point {
        let slacks = slacks(point.scores)
        let hinge = backend.map(.relu, slacks)
        func applied(_ v: Point) -> Tensor {
            let kept = backend.mapGradient(.relu, x: slacks, y: hinge, dy: v.scores)
            let curved = design.adjoint(backend.affine(kept, scale: 2 * cost, shift: 0))
            return backend.combine(.add, v.coordinates, curved, .elementwise)
        }
        let solver = ConjugateGradients(
            backend: backend, applied: { applied(Point(coordinates: $0, scores: $1)) }, scores: design.scores,
            inner: { self.design.inner($0, $1, scores: $2) })
        let (coordinates, scores) = try solver.solve(
            gradient.coordinates, scores: gradient.scores, columns: open, precision: precision, poll)
        return Point(coordinates: coordinates, scores: scores)
    }

    /// The minimum along each column's direction: Newton's method on the derivative, which is piecewise linear, `[K]`.
    private func lineSearch(_ direction: Point, _ cost: Double) -> Tensor {
        let (slope, curvature) = (
            design.inner(point.coordinates, direction.coordinates, scores: direction.scores),
            design.inner(direction.coordinates, direction.coordinates, scores: direction.scores)
        )
        let along = backend.combine(.multiply, signs, direction.scores, .elementwise)
        let slacks = slacks(point.scores)
        var lengths = [Double](repeating: 0, count: signs.shape.last)
        for _ in 0..<20 {
            let steps = backend.tensor(lengths, [lengths.count], .float64)
            let moved = backend.combine(
                .subtract, slacks, backend.combine(.multiply, along, steps, .channels), .elementwise)
            let hinge = backend.map(.relu, moved)
            let kept = backend.mapGradient(.relu, x: moved, y: hinge, dy: along)
            let pulls = backend.doubles(backend.columnDots(along, hinge))
            let bends = backend.doubles(backend.columnDots(along, kept))
            let (slopes, curvatures) = (backend.doubles(slope), backend.doubles(curvature))
            var change = 0.0
            for k in lengths.indices {
                let first = slopes[k] + lengths[k] * curvatures[k] - 2 * cost * pulls[k]
                let second = curvatures[k] + 2 * cost * bends[k]
                guard second > 0 else { continue }
                lengths[k] -= first / second
                change = max(change, abs(first / second))
            }
            if change < 1e-9 { break }
        }
        return backend.tensor(lengths, [lengths.count], .float64)
    }
}
