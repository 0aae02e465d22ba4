import Probes
import Tensors

/// The linear problem that `fce bench` times: generated features of ten classes, as correlated as those of a network
/// (64 hidden numbers, leaky ReLU). `Benchmarks/sklearn_probe.py` draws from the same distribution.
package struct BenchmarkProbe {
    private static let classes = 10
    private static let hidden = 64
    private let backend: any Backend
    private let features: Tensor
    private let labels: [Int]

    package init(_ settings: BenchmarkSettings, _ backend: any Backend) {
        func normal(_ shape: Shape, _ lane: Int) -> Tensor {
            backend.normal(shape, key: RandomKey(seed: 1, purpose: .noise, lane: lane))
        }
        func product(_ a: Tensor, _ b: Tensor) -> Tensor {
            backend.matrixProduct(a, b, transposeA: false, transposeB: false)
        }
        self.backend = backend
        labels = (0..<settings.examples).map { $0 % Self.classes }
        let centres = backend.affine(normal([Self.classes, Self.hidden], 0), scale: 0.3, shift: 0)
        let hidden = backend.combine(
            .add, normal([settings.examples, Self.hidden], 1), backend.gatherRows(centres, labels),
            .elementwise
        )
        let mixing = backend.affine(normal([Self.hidden, settings.features], 2), scale: 0.125, shift: 0)
        let noise = backend.affine(normal([settings.examples, settings.features], 3), scale: 0.5, shift: 0)
        let x = backend.combine(.add, product(hidden, mixing), noise, .elementwise)
        let rectified = backend.affine(backend.map(.relu, x), scale: 0.8, shift: 0)
        features = backend.combine(
            .add, rectified, backend.affine(x, scale: 0.2, shift: 0), .elementwise)
    }

    /// All of what a draw of a probe costs for one C.
    package func run() {
        _ = LinearSVM(features, labels: labels, classes: Self.classes, backend: backend).solve(cost: 1e-3)
    }
}
