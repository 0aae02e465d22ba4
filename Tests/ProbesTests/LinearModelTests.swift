import RealModule
import Tensors
import TestSupport
import Testing

@testable import Probes

/// One problem of the golden file.
struct GoldenProblem: Sendable, CustomTestStringConvertible {
    let method: LinearMethod
    let count: Int
    let cost: String
    let isDual: Bool

    var testDescription: String { "\(method), \(count) examples, C \(cost), \(isDual ? "dual" : "primal")" }
    var key: String { "\(method.rawValue).\(count).\(cost)" }
    var c: Double { Double(cost) ?? .nan }

    static let all: [GoldenProblem] = {
        var problems: [GoldenProblem] = []
        for method in LinearMethod.allCases {
            for count in [40, 200] {
                for cost in ["0.001", "0.01", "1"] {
                    problems.append(.init(method: method, count: count, cost: cost, isDual: true))
                    problems.append(.init(method: method, count: count, cost: cost, isDual: false))
                }
            }
        }
        return problems
    }()

    /// The toolkit's problem over the golden examples.
    func problem(_ golden: Golden, _ backend: any Backend) -> any LinearProblem {
        let x = golden.tensor("train.x", on: backend).rows(0..<count)
        let labels = Array(golden.integers("train.y").prefix(count))
        switch method {
        case .svm: return LinearSVM(x, labels: labels, classes: 5, isDual: isDual, backend: backend)
        case .logistic:
            return LogisticRegression(x, labels: labels, classes: 5, isDual: isDual, backend: backend)
        }
    }
}

/// The problems as their formulas say, in float64 and loops.
struct NaiveObjective {
    let method: LinearMethod
    let cost: Double
    /// `[n][d]`
    let x: [[Double]]
    let labels: [Int]
    let classes = 5

    init(_ golden: Golden, _ problem: GoldenProblem) {
        (method, cost) = (problem.method, problem.c)
        let values = golden.values("train.x")
        x = (0..<problem.count).map { Array(values[$0 * 64..<($0 + 1) * 64]) }
        labels = Array(golden.integers("train.y").prefix(problem.count))
    }

    /// `w` `[d + 1][K]`, the bias last.
    func callAsFunction(_ w: [[Double]]) -> (value: Double, gradient: [[Double]]) {
        let width = w.count - 1
        var gradient = w
        if method == .logistic { gradient[width] = gradient[width].map { _ in 0 } }
        var value = 0.0
        for (d, row) in w.enumerated() where method == .svm || d < width {
            value += 0.5 * row.reduce(0) { $0 + $1 * $1 }
        }
        for (example, label) in zip(x, labels) {
            let features = example + [1]
            let scores = (0..<classes).map { k in
                (0...width).reduce(0.0) { $0 + w[$1][k] * features[$1] }
            }
            let (loss, slopes) = method == .svm ? hinge(scores, label) : entropy(scores, label)
            value += cost * loss
            for d in 0...width { for k in 0..<classes { gradient[d][k] += cost * slopes[k] * features[d] } }
        }
        return (value, gradient)
    }

    private func hinge(_ scores: [Double], _ label: Int) -> (Double, [Double]) {
        let signs = (0..<classes).map { $0 == label ? 1.0 : -1 }
        let slacks = zip(signs, scores).map { max(0, 1 - $0 * $1) }
        return (slacks.reduce(0) { $0 + $1 * $1 }, zip(signs, slacks).map { -2 * $0 * $1 })
    }

    private func entropy(_ scores: [Double], _ label: Int) -> (Double, [Double]) {
        let largest = scores.max() ?? 0
        let total = scores.reduce(0) { $0 + Double.exp($1 - largest) }
        let loss = largest + Double.log(total) - scores[label]
        return (
            loss, (0..<classes).map { Double.exp(scores[$0] - largest) / total - ($0 == label ? 1 : 0) }
        )
    }
}

@Suite("Linear classifiers") struct LinearModelTests {
    private func rows(_ classifier: LinearClassifier, _ backend: any Backend) -> [[Double]] {
        let weights = backend.doubles(classifier.weights) + backend.doubles(classifier.bias)
        return stride(from: 0, to: weights.count, by: 5).map { Array(weights[$0..<$0 + 5]) }
    }

    private func norm(_ rows: [[Double]]) -> Double {
        rows.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    @Test("Weights and errors are scikit-learn's, primal and dual", arguments: GoldenProblem.all)
    func agreement(_ problem: GoldenProblem) throws {
        let golden = try Golden("probes")
        for backend: any Backend in [ReferenceBackend(), try Device.cpu.open(precision: .float32)] {
            let classifier = problem.problem(golden, backend).solve(cost: problem.c)
            // The gradient's norm ends at 1e-6 of that at 0, up to 100 times the weights'; in float32 products of 64
            // features of about 1.5 lose 1e-6 of themselves.
            let tolerance = backend.real == .float64 ? 1e-4 : 2e-3
            let expected = golden.values("\(problem.key).weights") + golden.values("\(problem.key).bias")
            let gap = zip(rows(classifier, backend).joined(), expected).map { $0 - $1 }
            #expect(norm([gap]) <= tolerance * norm([expected]))
            let test = Features(
                values: golden.tensor("test.x", on: backend), labels: golden.integers("test.y"))
            #expect(abs(classifier.errorRate(test) - golden.scalar("\(problem.key).error")) < 0.00101)
        }
    }

    @Test("The gradient vanishes and the objective rises around the solution", arguments: GoldenProblem.all)
    func optimality(_ problem: GoldenProblem) throws {
        let golden = try Golden("probes")
        let objective = NaiveObjective(golden, problem)
        for backend: any Backend in [ReferenceBackend(), try Device.cpu.open(precision: .float32)] {
            let solution = rows(problem.problem(golden, backend).solve(cost: problem.c), backend)
            let zero = solution.map { $0.map { _ in 0.0 } }
            let (value, gradient) = objective(solution)
            let share = norm(gradient) / norm(objective(zero).gradient)
            #expect(share < (backend.real == .float64 ? 2e-6 : 2e-4))
            var stream = RandomStream(RandomKey(seed: 1, purpose: .evaluation))
            for _ in 0..<5 {
                let size = 0.02 * norm(solution) / Double(solution.count * 5).squareRoot()
                let moved = solution.map { $0.map { $0 + size * (2 * stream.uniform() - 1) } }
                #expect(objective(moved).value > value)
            }
        }
    }

    @Test("A grid of C in one problem ends where each C alone does", arguments: LinearMethod.allCases)
    func warmStarts(_ method: LinearMethod) throws {
        let golden = try Golden("probes")
        let backend = try Device.cpu.open(precision: .float32)
        let settings = GoldenProblem(method: method, count: 40, cost: "0.01", isDual: true)
        let grid = settings.problem(golden, backend)
        let along = ProbeSettings.costs.map { rows(grid.solve(cost: $0), backend) }
        for (cost, warm) in zip(ProbeSettings.costs, along) {
            let cold = rows(settings.problem(golden, backend).solve(cost: cost), backend)
            let gap = zip(warm.joined(), cold.joined()).map { $0 - $1 }
            #expect(norm([gap]) < 1e-4 * norm(cold))
        }
    }

    @Test("The dual's matrix is made of blocks that fit together: it ends where the primal does")
    func manyExamples() throws {
        let backend = try Device.cpu.open(precision: .float32)
        let x = backend.normal([1100, 1500], key: RandomKey(seed: 1, purpose: .noise))
        let labels = (0..<1100).map { $0 % 3 }
        let solutions = [true, false].map { isDual in
            backend.doubles(
                LinearSVM(x, labels: labels, classes: 3, isDual: isDual, backend: backend).solve(cost: 1e-3)
                    .weights)
        }
        let gap = zip(solutions[0], solutions[1]).map { $0 - $1 }
        #expect(norm([gap]) < 1e-3 * norm([solutions[1]]))
    }

    @Test("Features that are all alike, and one class, have a solution", arguments: LinearMethod.allCases)
    func degenerateExamples(_ method: LinearMethod) throws {
        let backend = try Device.cpu.open(precision: .float32)
        let alike = backend.tensor([Float](repeating: 2, count: 12), [4, 3], .float32)
        let classifier = method.problem(alike, labels: [0, 1, 0, 1], classes: 2, backend: backend)
            .solve(cost: 0.01)
        #expect(backend.doubles(classifier.scores(alike)).allSatisfy { $0.isFinite })
        let single = method.problem(alike, labels: [0, 0, 0, 0], classes: 1, backend: backend).solve(cost: 1)
        #expect(single.classes(alike) == [0, 0, 0, 0])
    }
}
