import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import Tensors

/// Numbers of one update, by the names that `metrics.jsonl` uses.
public typealias Measures = [String: Double]

/// What a phase's updates share: the recipe, the data and the state, and the streams of randomness.
struct TrainingContext {
    let recipe: Recipe
    let data: ExperimentData
    let state: TrainingState
    let phaseIndex: Int

    var backend: any Backend { state.backend }
    var phase: PhaseRecipe { recipe.phases[phaseIndex] }

    /// The flow's own phases follow the flow's seed, so that runs of other seeds find the same flow.
    var seed: UInt64 { UInt64(phase.kind == .flowMLE ? recipe.flow.seed : recipe.seed) }

    /// Separates the random draws of one update.
    enum Lane: Int {
        case unlabelled, labelled, samples, adversary, dropout, flowDropout, initialization, generator
    }

    func key(_ purpose: RandomPurpose, _ lane: Lane, step: Int) -> RandomKey {
        RandomKey(seed: seed, purpose: purpose, step: step, lane: laneNumber(lane))
    }

    /// Layers count lanes of their own upwards from here.
    private func laneNumber(_ lane: Lane) -> Int { (phaseIndex * 16 + lane.rawValue) << 8 }

    func stream(_ indices: [Int], batch: Int, _ lane: Lane, start: Int) -> BatchStream {
        BatchStream(
            trainingImages, indices: indices, batchSize: batch, seed: seed, lane: laneNumber(lane),
            start: start)
    }

    /// The training examples as all models see them in training: under the recipe's random changes.
    var trainingImages: any ExampleSet {
        let augmentation = recipe.input.augmentation
        guard !augmentation.isIdentity, let images = data.train as? ImageDataset else { return data.train }
        return AugmentedImages(images, augmentation)
    }

    /// `[N, H, W, C]` of host values.
    func images(_ values: [Float]) -> Tensor {
        backend.tensor(values, Shape([values.count / data.dimensions] + data.extents), backend.real)
    }

    /// Dequantised training examples with fixed noise, for initialisation and the guard.
    func fixedImages(_ indices: [Int]) -> Tensor {
        let key = RandomKey(seed: UInt64(recipe.flow.seed), purpose: .evaluation, lane: 1)
        return images(data.train.values(at: indices, dequantize: .uniform, key: key))
    }
}

/// One kind of phase: how an update is made.
protocol PhaseTraining: AnyObject {
    /// Initialisation at the phase's first step; a resumed phase skips it.
    func start() throws
    /// One update of the state's step; returns what is worth logging.
    func update() throws -> Measures
    var isFinished: Bool { get }
}

extension Glow {
    /// log q in nats of `[N, H, W, C]`, in chunks of 256 to bound memory.
    func logDensities(_ images: Tensor) -> [Double] {
        stride(from: 0, to: images.shape.first, by: 256).flatMap { start -> [Double] in
            let chunk = images.rows(start..<min(start + 256, images.shape.first))
            let pass = Pass.inference(store)
            return store.backend.doubles(logDensity(pass.constant(chunk), pass).value)
        }
    }

    /// Mean bits/dim of `[N, H, W, C]`.
    func meanBitsPerDimension(_ images: Tensor) -> Double {
        bitsPerDimension(mean(logDensities(images)))
    }
}
