import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import System
import Tensors

/// What a phase's updates share: the recipe, the data and the state, and the streams of randomness.
public struct TrainingContext {
    public let recipe: Recipe
    public let data: ExperimentData
    /// The state owns the phase in training, which keeps its context: the context must not own the state.
    public unowned let state: TrainingState
    public let phaseIndex: Int

    public init(recipe: Recipe, data: ExperimentData, state: TrainingState, phaseIndex: Int) {
        (self.recipe, self.data, self.state, self.phaseIndex) = (recipe, data, state, phaseIndex)
    }

    public var backend: any Backend { state.backend }
    public var phase: any PhaseSettings { recipe.phases[phaseIndex].settings }

    /// Phases of the flow alone follow the flow's seed, so that runs of other seeds find the same flow.
    public var seed: UInt64 { UInt64(phase.models == .flow ? recipe.flow.seed : recipe.seed) }

    /// The energy that the phase trains.
    /// - Throws: `UserError(.recipe)` where there is none.
    public func energy() throws(UserError) -> ConditionalEnergy {
        guard let energy = state.energy else { throw lacking("an energy") }
        return energy
    }

    /// The flow that the phase trains, or takes samples of.
    /// - Throws: `UserError(.recipe)` where there is none.
    public func flow() throws(UserError) -> any Flow {
        guard let flow = state.flow else { throw lacking("a flow") }
        return flow
    }

    public func lacking(_ model: String) -> UserError {
        UserError(
            .recipe, "a phase of kind \"\(phase.kind)\" takes \(model), which was not made",
            advice: "make the training state from a recipe that has the phase")
    }

    /// Separates the random draws of one update.
    public enum Lane: Int {
        case unlabelled, labelled, samples, adversary, dropout, flow, initialization, generator
    }

    public func key(_ purpose: RandomPurpose, _ lane: Lane, step: Int) -> RandomKey {
        RandomKey(seed: seed, purpose: purpose, step: step, lane: laneNumber(lane))
    }

    /// Layers count lanes of their own upwards from here.
    private func laneNumber(_ lane: Lane) -> Int { (phaseIndex * 16 + lane.rawValue) << 8 }

    public func stream(_ indices: [Int], batch: Int, _ lane: Lane, start: Int) -> BatchStream {
        BatchStream(
            trainingImages, indices: indices, batchSize: batch, seed: seed, lane: laneNumber(lane),
            start: start)
    }

    /// The training examples as all models see them in training: under the recipe's random changes.
    public var trainingImages: any ExampleSet {
        let augmentation = recipe.input.augmentation
        guard !augmentation.isIdentity, let images = data.train as? ImageDataset else { return data.train }
        return AugmentedImages(images, augmentation)
    }

    /// `[N, H, W, C]` of host values.
    public func images(_ values: [Float]) -> Tensor {
        backend.tensor(values, Shape([values.count / data.dimensions] + data.extents), backend.real)
    }

    /// Examples of `set` as models are tested on them, `[N, H, W, C]`: noise is fixed by the flow's seed.
    public func testImages(of set: any ExampleSet, _ indices: [Int], _ dequantize: Dequantization) -> Tensor {
        let key = RandomKey(
            seed: UInt64(recipe.flow.seed), purpose: .evaluation, step: indices.first ?? 0, lane: 2)
        return images(set.values(at: indices, dequantize: dequantize, key: key))
    }

    /// Dequantised training examples with fixed noise, for initialisation and the guard.
    public func fixedImages(_ indices: [Int]) -> Tensor {
        let key = RandomKey(seed: UInt64(recipe.flow.seed), purpose: .evaluation, lane: 1)
        return images(data.train.values(at: indices, dequantize: .uniform, key: key))
    }
}

extension TrainingContext {
    /// Mean bits/dim of `[N, H, W, C]` under a flow.
    package func meanBitsPerDimension(_ flow: any Flow, _ images: Tensor) -> Double {
        state.bitsPerDimension(mean(backend.doubles(flow.logDensities(images))))
    }
}
