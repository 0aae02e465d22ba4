import Datasets
import EnergyModels
import Gradients
import Networks
import Tensors
import Training

/// Batches of labelled images and L_label of eq. 17: the cross-entropy of p(y|x), each image by its class's weight.
public final class LabelledImages {
    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let batches: BatchStream
    /// Factors on the terms by class, `[K]`; nil where all are 1.
    private let classWeights: [Double]?

    /// Nil where the recipe has no labelled images, or where they weigh nothing.
    public init?(_ context: TrainingContext, energy: ConditionalEnergy, batch: Int) {
        let (label, split) = (context.recipe.label, context.data.split)
        guard label.weight > 0, !split.labelled.isEmpty else { return nil }
        self.context = context
        self.energy = energy
        batches = context.stream(split.labelled, batch: batch, .labelled, start: context.state.step)
        var counts = [Int](repeating: 0, count: energy.configuration.classes)
        for index in split.labelled { counts[context.data.train.labels[index]] += 1 }
        classWeights = label.classWeights.factors(counts: counts)
    }

    /// The images of update `step`, `[B, H, W, C]`, and their classes.
    public func batch(_ step: Int) -> (images: Tensor, labels: [Int]) {
        let drawn = batches.batch(step)
        return (context.images(drawn.images), drawn.labels)
    }

    /// −E[log p(y|x)] in nats, of f_k − δ_k of the images, `[B, K]`.
    public func loss(_ logits: Variable, _ labels: [Int], _ pass: Pass) -> Variable {
        crossEntropy(energy.logPosterior(logits, pass), oneHot: pass.constant(targets(labels)))
    }

    /// Labels as float64 `[B, K]`, each by its class's weight.
    private func targets(_ labels: [Int]) -> Tensor {
        let backend = context.backend
        let oneHot = backend.oneHot(labels, classes: energy.configuration.classes)
        guard let classWeights else { return oneHot }
        let weights = backend.tensor(classWeights, [classWeights.count], .float64)
        return backend.combine(.multiply, oneHot, weights, .channels)
    }
}
