import Glibc
import Gradients
import Networks
import Tensors

/// The classifier should agree with the running average of its past predictions for each image: the mean of
/// (p(y|x) − z̃(x))² over images and classes, z̃ = Z / (1 − α^t) after t visits, Z ← αZ + (1 − α)p at each visit.
/// Laine & Aila, *Temporal Ensembling for Semi-Supervised Learning*, ICLR 2017, algorithm 2.
///
/// An image is visited once an epoch, so updating its row at the visit is the paper's update at the epoch's end. At
/// its first visit an image has no target and adds nothing. The paper's weight 30 · M/N is 30 here: see ``PiModel``.
public final class TemporalEnsembling: Regularizer {
    public let name = "consistency"
    /// α.
    public let momentum: Double
    public let classes: Int
    /// Z, row-major `[N, K]` of all training images.
    public private(set) var ensemble: [Float]
    /// t of each image, `[N]`.
    public private(set) var visits: [Int]

    public init(images: Int, classes: Int, momentum: Double = 0.6) {
        self.momentum = momentum
        self.classes = classes
        ensemble = [Float](repeating: 0, count: images * classes)
        visits = [Int](repeating: 0, count: images)
    }

    /// Takes over what an earlier run has gathered.
    public func restore(ensemble: [Float], visits: [Int]) {
        precondition(ensemble.count == self.ensemble.count && visits.count == self.visits.count)
        self.ensemble = ensemble
        self.visits = visits
    }

    public func loss(_ batch: UnlabelledBatch) -> Variable {
        let backend = batch.backend
        let p = backend.doubles(backend.map(.exp, batch.logPosterior.value))
        // An image without a target is its own target, so that its difference is 0.
        var targets = p
        for (row, image) in batch.indices.enumerated() where visits[image] > 0 {
            let scale = 1 / (1 - pow(momentum, Double(visits[image])))
            for k in 0..<classes {
                targets[row * classes + k] = scale * Double(ensemble[image * classes + k])
            }
        }
        for (row, image) in batch.indices.enumerated() {
            visit(image, p[(row * classes)..<((row + 1) * classes)])
        }
        let target = batch.pass.constant(backend.tensor(targets, batch.logPosterior.shape, .float64))
        let difference = exp(batch.logPosterior) - target
        return (difference * difference).mean()
    }

    private func visit(_ image: Int, _ p: ArraySlice<Double>) {
        for (k, probability) in p.enumerated() {
            let index = image * classes + k
            ensemble[index] = Float(momentum * Double(ensemble[index]) + (1 - momentum) * probability)
        }
        visits[image] += 1
    }
}
