import Datasets
import Flows
import Gradients
import Networks
import Schemas
import Scores
import Tensors
import Training

/// Maximum likelihood of the flow: −E_data[log q(x)], in nats a dimension. A Gaussian is fitted in
/// one step and closed form.
public final class FlowLikelihood: Phase {
    public struct Settings: PhaseSettings {
        public typealias Training = FlowLikelihood
        public var steps = 0
        public var batch = 64
        public var optimizer = OptimizerSettings(kind: .adamax, rate: 1e-3, warmup: 200)

        public init() {}
    }

    public static let kind = "flow-mle"
    public static let title = "Flow, maximum likelihood"
    public static let models: ModelSet = .flow
    public static let drawsSamples = true
    public static let methods: [Method] = [.flow]
    public static func meaning(of settings: Settings) -> EnergyMeaning { .none }

    public static let schema = Schema<Settings>(Settings.commonFields)

    public static func check(_ settings: Settings, _ place: PhasePlace) throws {
        try require(
            !place.recipe.flow.isGaussian || settings.steps == 1,
            place.cursor.entering("steps"), "a Gaussian is fitted to all points in one step",
            advice: "set \(place.cursor.entering("steps").key) = 1")
    }

    public static func multiplications(_ settings: Settings, _ pass: PassCost) -> Double {
        3 * pass.flow * Double(settings.batch)
    }

    public static func heldOutMeasures(_ settings: Settings, _ context: TrainingContext) -> Measures? {
        let images = context.fixedImages(context.data.heldOut(TrainingContext.initializationCount))
        return context.state.flow.map { [.bpdValidation: context.meanBitsPerDimension($0, images)] }
    }

    private let context: TrainingContext
    private let flow: any Flow
    private let batches: BatchStream
    private let schedule: Schedule
    private var optimizer: Optimizer?

    public init(_ settings: Settings, _ context: TrainingContext) throws {
        self.context = context
        flow = try context.flow()
        batches = context.stream(
            context.data.split.unlabelled, batch: settings.batch, .unlabelled, start: context.state.step)
        schedule = settings.optimizer.schedule(steps: settings.steps)
    }

    public var updates: Int { context.state.step }

    public func start() {
        context.initializeFlow(flow)
        optimizer = context.phase.optimizer.optimizer(for: flow.store)
    }

    public func update() throws -> Update {
        if let fit = flow.closedFormFit { return try fitOnce(fit) }
        guard let optimizer else { preconditionFailure("update before start") }
        let (state, backend) = (context.state, context.backend)
        let x = context.images(batches.batch(state.step).images)
        let tape = Tape(backend)
        let pass = Pass(flow.store, on: tape, mode: .evaluate, trainable: true)
        let mean = flow.logDensity(pass.constant(x), pass).mean()
        tape.backward(from: mean.affine(scale: -1 / Double(flow.dimensions)))
        let pace = schedule(state.step)
        let norm = optimizer.update(pass.gradient(), pace)
        state.flowUpdates += 1
        return Update([
            .bpd: state.bitsPerDimension(backend.scalar(mean.value)), .rate: pace.rate, .gradNorm: norm,
        ])
    }

    /// A flow whose maximum is known needs no more than one update.
    private func fitOnce(_ fit: (Tensor) throws -> Void) throws -> Update {
        let examples = context.fixedImages(context.data.split.unlabelled)
        try fit(examples)
        context.state.flowUpdates += 1
        return Update([.bpd: context.meanBitsPerDimension(flow, examples)])
    }

    public func save(to archive: inout StateArchive) { archive.write(optimizer, "flow") }

    public func restore(from archive: StateArchive) throws {
        optimizer = try archive.restored(context.phase.optimizer.optimizer(for: flow.store), "flow")
    }
}

extension Method {
    /// The flow alone, by maximum likelihood.
    public static let flow = Method("flow", lastPhase: FlowLikelihood.kind, classifies: false)
}
