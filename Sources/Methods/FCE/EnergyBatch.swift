import Datasets
import EnergyModels
import Tensors
import Training

/// What one update of the energy looks at, as one batch: unlabelled images, labelled ones and the flow's samples, in this
/// order. The unlabelled come first, so that their dropout masks equal those of the regularisers' further passes.
struct EnergyBatch {
    /// The parts of the batch, `[N, H, W, C]` each.
    private(set) var parts: [Tensor] = []
    private(set) var unlabelled: Tensor?
    /// log q of the unlabelled images, nats `[N]`, where it was stored with them.
    var logDensity: Tensor?
    /// Indices of the unlabelled images among the training images.
    var indices: [Int] = []
    private(set) var labels: [Int] = []
    private(set) var unlabelledRows = 0..<0
    private(set) var labelledRows = 0..<0
    private(set) var sampleRows = 0..<0

    mutating func add(unlabelled images: Tensor, indices: [Int], logDensity: Tensor? = nil) {
        (unlabelled, self.indices, self.logDensity) = (images, indices, logDensity)
        unlabelledRows = append(images)
    }

    mutating func add(labelled images: Tensor, _ labels: [Int]) {
        self.labels = labels
        labelledRows = append(images)
    }

    mutating func add(samples: Tensor) { sampleRows = append(samples) }

    private mutating func append(_ part: Tensor) -> Range<Int> {
        let start = parts.reduce(0) { $0 + $1.shape.first }
        parts.append(part)
        return start..<start + part.shape.first
    }
}

/// Draws the batches of the energy's updates.
struct EnergyBatches {
    private let context: TrainingContext
    private let count: Int
    private let unlabelled: BatchStream?
    private let labelled: LabelledImages?
    private let draws: CachedDraws?

    /// - Parameters:
    ///   - needsUnlabelled: whether V or a regulariser looks at unlabelled images.
    ///   - draws: dequantised training images with stored log q, in place of fresh noise.
    init(
        _ context: TrainingContext, _ settings: EnergyUpdate.Settings, needsUnlabelled: Bool,
        labelled: LabelledImages?, draws: CachedDraws?
    ) {
        self.context = context
        self.labelled = labelled
        self.draws = draws
        count = settings.batch
        unlabelled =
            needsUnlabelled && draws == nil
            ? context.stream(
                context.data.split.unlabelled, batch: settings.batch, .unlabelled,
                start: context.state.step)
            : nil
    }

    /// The batch of update `step`, with samples of the flow where there are any.
    func batch(_ step: Int, samples: Tensor?) -> EnergyBatch {
        var batch = EnergyBatch()
        if let draws {
            let drawn = draws.batch(count, step: step)
            batch.add(unlabelled: drawn.images, indices: drawn.indices, logDensity: drawn.logDensity)
        } else if let unlabelled {
            let drawn = unlabelled.batch(step)
            batch.add(unlabelled: context.images(drawn.images), indices: drawn.indices)
        }
        if let labelled {
            let drawn = labelled.batch(step)
            batch.add(labelled: drawn.images, drawn.labels)
        }
        if let samples { batch.add(samples: samples) }
        return batch
    }
}
