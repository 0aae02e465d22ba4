import Glibc
import Gradients
import Networks
import Scores
import Tensors

/// The classifier should agree with the running average of its past predictions for each image: the mean of
/// (p(y|x) − z̃(x))² over images and classes, z̃ = Z / (1 − α^t) after t visits, Z ← αZ + (1 − α)p at each visit.
/// Laine & Aila, *Temporal Ensembling for Semi-Supervised Learning*, ICLR 2017, algorithm 2.
///
/// An image is visited once an epoch, so updating its row at the visit is the paper's update at the epoch's end. At
/// its first visit an image has no target and adds nothing. The paper's weight 30 · M/N is 30 here: see ``PiModel``.
public final class TemporalEnsembling: Regularizer {
    public let metric = Metric.consistency
    /// α.
    public let momentum: Double
    public let classes: Int
    /// Z of all training images, real `[N, K]`.
    public let ensemble: Tensor
    /// t of each image, `[N]`.
    public private(set) var visits: [Int]
    private let backend: any Backend

    public init(images: Int, classes: Int, momentum: Double = 0.6, backend: any Backend) {
        self.momentum = momentum
        self.classes = classes
        self.backend = backend
        ensemble = backend.zeros([images, classes], backend.real)
        visits = [Int](repeating: 0, count: images)
    }

    /// Takes over what an earlier run has gathered: Z, row-major `[N, K]`, and t, `[N]`.
    public func restore(ensemble: [Float], visits: [Int]) {
        precondition(visits.count == self.visits.count, "\(visits.count) visits for \(self.visits.count)")
        backend.copy(backend.tensor(ensemble, self.ensemble.shape, .float32), into: self.ensemble)
        self.visits = visits
    }

    public func loss(_ batch: UnlabelledBatch) -> Variable {
        let p = backend.map(.exp, batch.logPosterior.value)
        let target = batch.pass.constant(targets(batch, p))
        Self.withoutRepeats(batch.indices) { rows in
            visit(rows.map { batch.indices[$0] }, backend.gatherRows(p, rows))
        }
        let difference = exp(batch.logPosterior) - target
        return (difference * difference).mean()
    }

    /// z̃ of the batch's images, float64 `[B, K]`. An image without a target is its own, so that its difference is 0.
    private func targets(_ batch: UnlabelledBatch, _ p: Tensor) -> Tensor {
        let images = batch.indices
        func rows(_ x: Tensor, times factors: [Double]) -> Tensor {
            backend.combine(.multiply, x, backend.tensor(factors, [images.count], .float64), .rows)
        }
        let past = backend.cast(backend.gatherRows(ensemble, images), to: .float64)
        let scales = images.map { visits[$0] > 0 ? 1 / (1 - pow(momentum, Double(visits[$0]))) : 0 }
        let isNew = images.map { visits[$0] > 0 ? 0.0 : 1 }
        return backend.combine(.add, rows(past, times: scales), rows(p, times: isNew), .elementwise)
    }

    /// Z ← αZ + (1 − α)p for different images, p float64 `[images, K]`.
    private func visit(_ images: [Int], _ p: Tensor) {
        let past = backend.cast(backend.gatherRows(ensemble, images), to: .float64)
        let moved = backend.combine(
            .add, backend.affine(past, scale: momentum, shift: 0),
            backend.affine(p, scale: 1 - momentum, shift: 0), .elementwise)
        backend.scatterRows(backend.cast(moved, to: ensemble.type), images, into: ensemble)
        for image in images { visits[image] += 1 }
    }

    /// Calls `body` with rows of different images, in order, until all have had their turn: an image comes twice where an
    /// epoch ends within a batch.
    private static func withoutRepeats(_ images: [Int], _ body: ([Int]) -> Void) {
        var rest = Array(images.indices)
        while !rest.isEmpty {
            var seen: Set<Int> = []
            let turn = rest.filter { seen.insert(images[$0]).inserted }
            body(turn)
            rest.removeAll(where: Set(turn).contains)
        }
    }
}
