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

    package init(_ recipe: Recipe, phase index: Int, backend: any Backend, budget: Double) throws {
        self.budget = budget
        let phase = recipe.phases[index]
        var single = phase
        single.steps = 1
        let operations = recipe.operations(of: single, extents: recipe.extents)
        let batch = max(min(8, phase.batch), Int(Double(phase.batch) * Self.operationsLimit / operations))
        let isReduced = operations > Self.operationsLimit && batch < phase.batch
        share = isReduced ? Double(batch) / Double(phase.batch) : 1
        let trial = recipe.trial(of: index, share: share)
        data = try ExperimentData(trial)
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
        let count = data.test.count
        let images = evaluator.images(of: data.test, Array(0..<count), .uniform)
        func one(_ body: () throws -> Void) rethrows -> ComputeTime {
            1 / Double(count) * (try ComputeTime.median(budget: 0, body))
        }
        if context.phase.models != .flow {
            speed.classification = try one { _ = try evaluator.predictions(of: data.test) }
        }
        if let flow = state.flow, state.flowIsInitialized {
            speed.flowDensity = one { _ = flow.logDensities(images) }
            speed.density =
                state.energyIsInitialized ? one { _ = state.densities(images) } : speed.flowDensity
            speed.picture = ComputeTime.of { _ = evaluator.planeSnapshot() }
        }
        if state.flowIsInitialized || state.generatorIsInitialized {
            speed.sample = one { _ = state.samples(count) }
        }
        let hasBound = context.phase.boundBitsPerDimension(context, of: data.test, [0]) != nil
        if hasBound {
            speed.bound = one {
                _ = context.phase.boundBitsPerDimension(context, of: data.test, Array(0..<count))
            }
        }
        speed.checkpoint = checkpoint()
        return speed
    }

    /// Writing the state; nothing where no folder for temporary files can be written.
    private func checkpoint() -> ComputeTime {
        let path = NSTemporaryDirectory() + "/fce-speed-\(UUID().uuidString).safetensors"
        defer { Files.remove(path) }
        return ComputeTime.of { try? state.stateFile.write(to: path) }
    }
}

extension Recipe {
    /// The recipe with as many generated images as updates of one phase look at, and with that phase endless.
    fileprivate func trial(of index: Int, share: Double) -> Recipe {
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
        let classes = trial.datasetOptions.classes
        let batches = max(phase.batch, phase.labelledBatch ?? 0)
        trial.data.train = max(share < 1 ? 64 : 256, 2 * classes, batches)
        trial.data.test = test
        trial.data.labels = data.hasLabels ? classes : 0
        return trial
    }
}
