import Tensors

/// Solves H S = −G for a symmetric positive definite H: column by column, all columns in the same products, where `inner`
/// gives a number for each, and as one system where it gives one for all.
///
/// Vectors are coordinates `[m, K]` with their scores `[n, K]`, as ``Design`` has them: the dual's inner products need
/// both, and H needs the scores. All float64.
struct ConjugateGradients {
    let backend: any Backend
    /// H of coordinates and their scores.
    let applied: (Tensor, Tensor) -> Tensor
    let scores: (Tensor) -> Tensor
    /// ⟨u, v⟩ of each column, `[K]`, or of all, `[1]`; the last argument are the scores of v.
    let inner: (Tensor, Tensor, Tensor) -> Tensor
    private static let limit = 400

    init(
        backend: any Backend, applied: @escaping (Tensor, Tensor) -> Tensor,
        scores: @escaping (Tensor) -> Tensor, inner: @escaping (Tensor, Tensor, Tensor) -> Tensor
    ) {
        self.backend = backend
        self.applied = applied
        self.scores = scores
        self.inner = inner
    }

    /// - Parameters:
    ///   - gradient: G, with its scores.
    ///   - columns: those to solve, as many as `inner` gives; the others stay 0.
    ///   - precision: the residual's norm as a share of G's, in each column.
    ///   - poll: called in every iteration; what it throws ends the solution.
    /// - Returns: S and its scores.
    func solve(
        _ gradient: Tensor, scores gradientScores: Tensor, columns: [Bool], precision: Double,
        _ poll: () throws -> Void
    ) rethrows -> (Tensor, Tensor) {
        var residual = backend.affine(gradient, scale: -1, shift: 0)
        var residualScores = backend.affine(gradientScores, scale: -1, shift: 0)
        var (direction, directionScores) = (residual, residualScores)
        var (solution, solutionScores) = (backend.zerosLike(residual), backend.zerosLike(residualScores))
        var norms = backend.doubles(inner(residual, residual, residualScores))
        let goals = norms.map { $0 * precision * precision }
        var open = zip(columns, norms).map { $0 && $1 > 0 }
        for _ in 0..<Self.limit where open.contains(true) {
            try poll()
            let product = applied(direction, directionScores)
            let curvatures = backend.doubles(inner(product, direction, directionScores))
            let steps = norms.indices.map { open[$0] && curvatures[$0] > 0 ? norms[$0] / curvatures[$0] : 0 }
            solution = sum(solution, direction, steps)
            solutionScores = sum(solutionScores, directionScores, steps)
            residual = sum(residual, product, steps.map { -$0 })
            residualScores = scores(residual)
            let next = backend.doubles(inner(residual, residual, residualScores))
            let turns = norms.indices.map { open[$0] && norms[$0] > 0 ? next[$0] / norms[$0] : 0 }
            direction = sum(residual, direction, turns)
            directionScores = sum(residualScores, directionScores, turns)
            norms = next
            open = norms.indices.map { open[$0] && norms[$0] > goals[$0] && curvatures[$0] > 0 }
        }
        return (solution, solutionScores)
    }

    /// a + b·diag(factors), or a + b·factor.
    private func sum(_ a: Tensor, _ b: Tensor, _ factors: [Double]) -> Tensor {
        let scaled = backend.combine(
            .multiply, b, backend.tensor(factors, [factors.count], .float64),
            factors.count == 1 ? .scalar : .channels)
        return backend.combine(.add, a, scaled, .elementwise)
    }
}
