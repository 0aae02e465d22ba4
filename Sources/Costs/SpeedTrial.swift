import Datasets
import EnergyModels
import Evaluation
import Flows
import Foundation
import Methods
import System
import Tensors
import Training

/// One phase of a recipe with its models at their own sizes, on generated images, ready to be timed. It makes what
/// training makes, through the same code.
package final class SpeedTrial {
    private let state: TrainingState
    private let data: ExperimentData
    private let context: TrainingContext
    private let evaluator: Evaluator
    /// How many of the recipe's batches one timed batch is.
    private let share: Double
    /// Seconds that the updates may take.
    private let budget: Double

    /// An update of more operations is measured with fewer images and scaled.
    private static let operationsLimit = 1e11

    /// Examples that densities and classification are timed on.
    private static let scored = 64
    /// Bytes of the last checkpoint.
    package private(set) var checkpointBytes = 0

    /// - Parameters:
    ///   - recipe: the recipe of the phase.
    ///   - index: the phase.
    ///   - backend: where it is computed.
    ///   - budget: seconds that the updates may take.
    ///   - size: as many images as training has, with whole batches; nil: few images, and large updates in part.
    package init(
        _ recipe: Recipe, phase index: Int, backend: any Backend, budget: Double, size: DataSize? = nil
    ) throws {
        self.budget = budget
        let phase = recipe.phases[index]
        var single = phase
        single.steps = 1
        let operations = recipe.operations(of: single, extents: recipe.extents)
        let batch = max(min(8, phase.batch), Int(Double(phase.batch) * Self.operationsLimit / operations))
        let isReduced = size == nil && operations > Self.operationsLimit && batch < phase.batch
        share = isReduced ? Double(batch) / Double(phase.batch) : 1
        let trial = recipe.trial(of: index, share: share, size)
        data = try size == nil ? ExperimentData(trial) : ExperimentData(generatedFor: trial)
        state = TrainingState(trial, extents: data.extents, images: data.train.count, backend: backend)
        state.phase = index
        context = TrainingContext(recipe: trial, data: data, state: state, phaseIndex: index)
        evaluator = Evaluator(trial, data, state)
        let isTrained = trial.phases.prefix(index).contains { $0.settings.models.contains(.flow) }
        if let flow = state.flow, isTrained || phase.is(FixedFlowPhase.self) { context.initializeFlow(flow) }
    }

    package func measure() throws -> PhaseSpeed {
        var speed = PhaseSpeed()
        let training = try context.phase.makePhase(context)
        speed.start = try ComputeTime.of { try training.start() }
        guard context.recipe.method != .randomInit else { return try finish(speed) }
        let joint = training as? JointPhase
        joint?.hold(.energy)
        speed.update = try update(training, budget: joint == nil ? budget : budget / 2)
        if let joint {
            joint.hold(.flow)
            speed.flowUpdate = try update(joint, budget: budget / 2)
        }
        return try finish(speed)
    }

    private func update(_ training: any Phase, budget: Double) throws -> ComputeTime {
        let time = try ComputeTime.median(budget: budget) {
            _ = try training.update()
            state.step += 1
        }
        return 1 / share * time
    }

    /// What surrounds the updates.
    private func finish(_ speed: PhaseSpeed) throws -> PhaseSpeed {
        var speed = speed
        let count = min(data.test.count, Self.scored)
        let images = evaluator.images(of: data.test, Array(0..<count), .uniform)
        func one(_ body: () throws -> Void) rethrows -> ComputeTime {
            1 / Double(count) * (try ComputeTime.median(budget: 0, body))
        }
        if context.phase.models != .flow {
            speed.classification = try one {
                _ = try evaluator.probabilities(of: data.test, Array(0..<count))
            }
        }
        if let flow = state.flow, state.flowIsInitialized {
            speed.flowDensity = one { _ = flow.logDensities(images) }
            speed.density =
                state.energyIsInitialized ? try one { _ = try state.densities(images) } : speed.flowDensity
            speed.picture = try ComputeTime.of { _ = try evaluator.planeSnapshot() }
        }
        if state.flowIsInitialized || state.sampler != nil {
            speed.sample = try one { _ = try state.samples(count) }
        }
        let hasBound = try context.phase.boundBitsPerDimension(context, of: data.test, [0]) != nil
        if hasBound {
            speed.bound = try one {
                _ = try context.phase.boundBitsPerDimension(context, of: data.test, Array(0..<count))
            }
        }
        speed.checkpoint = checkpoint()
        return speed
    }

    /// Writing the state; nothing where no folder for temporary files can be written.
    private func checkpoint() -> ComputeTime {
        let path = NSTemporaryDirectory() + "/fce-speed-\(UUID().uuidString).safetensors"
        defer { Files.remove(path) }
        let time = ComputeTime.of { try? state.stateFile.write(to: path) }
        checkpointBytes = Files.size(path) ?? 0
        return time
    }
}

extension Recipe {
    /// The recipe with as many generated images as updates of one phase look at, and with that phase endless.
    fileprivate func trial(of index: Int, share: Double, _ size: DataSize?) -> Recipe {
        var trial = self
        let phase = PlannedPhase(phases[index].settings.timed(share: share, negatives: energy.negatives))
        trial.phases[index] = phase
        let test = max(8, scaled(250, share))
        guard data.source != .plane else {
            trial.data.test = min(data.test, test)
            return trial
        }
        trial.data = DataSettings(source: .synthetic)
        (trial.data.size, trial.data.channels) = (extents[0], extents[2])
        if let size {
            (trial.data.train, trial.data.test) = (size.train, size.test)
            (trial.data.labels, trial.data.allLabels) = (data.labels, data.allLabels)
            trial.data.validation = data.validation
            trial.data.unlabelledIncludesLabelled = data.unlabelledIncludesLabelled
            return trial
        }
        let classes = trial.datasetOptions.classes
        let batches = max(phase.batch, phase.labelledBatch ?? 0)
        trial.data.train = max(share < 1 ? 64 : 256, 2 * classes, batches)
        trial.data.test = test
        trial.data.labels = data.hasLabels ? classes : 0
        return trial
    }
}

extension ExperimentData {
    /// As many generated images as the recipe has, of which only the first thousand differ: nothing that is timed looks
    /// closer.
    fileprivate init(generatedFor recipe: Recipe) throws {
        guard recipe.data.source != .plane else {
            try self.init(recipe)
            return
        }
        var few = recipe
        few.data.train = min(recipe.data.train, 1000)
        few.data.test = min(recipe.data.test, 1000)
        let images = try SyntheticImages.load(for: few)
        func repeated(_ set: ImageDataset, _ count: Int) -> ImageDataset {
            set.subset((0..<count).lazy.map { $0 % set.count }, name: set.name)
        }
        try self.init(
            recipe,
            (
                train: repeated(images.train, recipe.data.train),
                test: repeated(images.test, recipe.data.test),
                notices: []
            ), labels: recipe.data.labels)
    }
}

extension SyntheticImages {
    fileprivate static func load(for recipe: Recipe) throws -> DataPair {
        try DataPair.load(source: "synthetic", directory: "", options: recipe.datasetOptions)
    }
}
