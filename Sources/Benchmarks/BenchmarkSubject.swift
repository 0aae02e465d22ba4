import Datasets
import EnergyModels
import Evaluation
import Flows
import Methods
import Tensors
import Training

/// A step ready to be repeated: the training that users run, on models and memory of its own.
package final class BenchmarkSubject {
    package let backend: any Backend
    package let state: TrainingState
    private let data: ExperimentData
    private let training: any Phase
    private let evaluator: Evaluator?
    private let probe: BenchmarkProbe?

    /// Builds and initialises the models.
    /// - Throws: `UserError(.recipe)` for a precision or a number of threads that the machine does not have.
    package init(_ step: BenchmarkStep, _ settings: BenchmarkSettings) throws {
        let recipe = step.recipe(settings)
        backend = try settings.device.open(
            threads: settings.threads, precision: settings.precision, world: settings.world)
        data = try ExperimentData(recipe)
        state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: backend)
        let context = TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: 0)
        // The phase finds a flow that another one has left, where users run it.
        if recipe.phases[0].is(FixedFlowPhase.self), let flow = state.flow { context.initializeFlow(flow) }
        training = try context.phase.makePhase(context)
        evaluator = step == .infer ? Evaluator(recipe, data, state) : nil
        probe = step == .probe ? BenchmarkProbe(settings, backend) : nil
        try training.start()
        if step == .flow { (training as? JointPhase)?.hold(.flow) }
    }

    /// One update, one classification of the test images, or one linear problem.
    package func run() throws {
        if let probe {
            probe.run()
        } else if let evaluator {
            _ = try evaluator.predictions(of: data.test)
        } else {
            _ = try training.update()
            state.step += 1
        }
    }
}
