import Datasets
import Flows
import Gradients
import Networks
import Tensors

/// Maximum likelihood of the flow: −E_data[log q(x)], in nats a dimension. A Gaussian is fitted in
/// one step and closed form.
final class FlowPhase: PhaseTraining {
    private let context: TrainingContext
    private let flow: Glow
    private let batches: BatchStream
    private let schedule: Schedule

    init(_ context: TrainingContext, flow: Glow) {
        self.context = context
        self.flow = flow
        batches = context.stream(
            context.data.split.unlabelled, batch: context.phase.batch, .unlabelled, start: context.state.step)
        schedule = context.phase.optimizer.schedule(steps: context.phase.steps)
    }

    var isFinished: Bool { context.state.step >= context.phase.steps }

    func start() {
        let state = context.state
        if !state.flowIsInitialized {
            flow.initialize(with: context.fixedImages(Array(context.data.split.unlabelled.prefix(256))))
            state.flowIsInitialized = true
        }
        state.flowOptimizer = context.phase.optimizer.optimizer(for: flow.store)
    }

    func update() throws -> Measures {
        guard !flow.configuration.isGaussian else { return try fitGaussian() }
        let (state, backend) = (context.state, context.backend)
        let x = context.images(batches.batch(state.step).images)
        let tape = Tape(backend)
        let pass = Pass(flow.store, on: tape, mode: .evaluate, trainable: true)
        let logDensity = flow.logDensity(pass.constant(x), pass)
        let mean = logDensity.mean()
        tape.backward(from: mean.affine(scale: -1 / Double(flow.dimensions)))
        let pace = schedule(state.step)
        let norm = state.flowOptimizer?.update(pass.gradient(), pace) ?? 0
        state.flowUpdates += 1
        return [
            "bpd": flow.bitsPerDimension(backend.scalar(mean.value)), "rate": pace.rate, "gradNorm": norm,
        ]
    }

    private func fitGaussian() throws -> Measures {
        let points = context.fixedImages(context.data.split.unlabelled)
        try flow.fitGaussian(to: points)
        context.state.flowUpdates += 1
        return ["bpd": flow.meanBitsPerDimension(points)]
    }
}
