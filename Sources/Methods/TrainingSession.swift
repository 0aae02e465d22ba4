import Datasets
import EnergyModels
import Flows
import System
import Tensors
import Training

/// Trains models on examples that lie in memory, phase after phase. Nothing is read from a file and nothing is written.
///
/// ```swift
/// var likelihood = FlowLikelihood.Settings()
/// likelihood.steps = 500
/// let session = try TrainingSession(
///     on: points, flow: flow, energy: energy, phases: [likelihood, contrast], backend: backend)
/// try session.run()
/// ```
public final class TrainingSession {
    /// The settings as one value, which command line and tables would write as TOML.
    public let recipe: Recipe
    public let data: ExperimentData
    /// The models: `state.flow`, `state.energy`, and what phases have added.
    public let state: TrainingState
    private var updated: (Update) throws -> Void = { _ in }

    /// - Parameters:
    ///   - examples: what is trained on. Labels of −1 are no labels.
    ///   - labels: how many of the labelled examples are used as such, the same number of each class; nil: all of them.
    ///   - heldOut: how many examples are kept from training, for initialisation and the divergence guard to look at.
    ///   - flow: the flow q; nil where no phase takes one.
    ///   - energy: the energy; nil where no phase takes one.
    ///   - phases: what is trained, in order.
    ///   - seed: moves split, initialisation and batches.
    ///   - backend: where the models lie.
    ///   - adjust: changes what the other parameters do not name, such as `vat` or `average`.
    /// - Throws: `UserError(.recipe)` where the phases, models and examples do not fit together.
    public init(
        on examples: any ExampleSet, labels: Int? = nil, heldOut: Int = 0, flow: FlowSettings? = nil,
        energy: EnergySettings? = nil, phases: [any PhaseSettings], seed: Int = 1, backend: any Backend,
        adjust: (inout Recipe) -> Void = { _ in }
    ) throws {
        var recipe = Recipe()
        recipe.name = examples.name
        recipe.seed = seed
        recipe.data.name = examples.name
        recipe.data.validation = heldOut
        // No example is kept for tests: the caller has them all.
        recipe.data.final = true
        if let flow { recipe.flow = flow }
        if let energy { recipe.energy = energy }
        recipe.energy.classes = energy?.classes ?? max(1, examples.classes)
        recipe.data.allLabels = labels == nil && recipe.energy.classes > 1
        recipe.data.labels = labels ?? 0
        recipe.phases = phases.map(PlannedPhase.init)
        adjust(&recipe)
        self.recipe = recipe
        let sets = (train: examples, test: NoExamples(of: examples), notices: [String]())
        data = try ExperimentData(recipe, sets, labels: recipe.data.labels)
        state = TrainingState(recipe, extents: data.extents, images: examples.count, backend: backend)
    }

    /// Trains what is left, to the end of the last phase.
    ///
    /// - Parameter updated: is told what every update did; what it throws ends the training.
    /// - Throws: `UserError(.diverged)` for a loss that is not finite, and what `updated` throws.
    public func run(_ updated: @escaping (Update) throws -> Void = { _ in }) throws {
        self.updated = updated
        try Trainer(recipe, data, state, observer: self).run()
    }

    /// Everything that training has changed, from which ``restore(_:)`` goes on bit for bit.
    public var checkpoint: SafetensorsFile {
        var file = state.stateFile
        file.metadata["phaseIndex"] = String(state.phase)
        file.metadata["step"] = String(state.step)
        return file
    }

    /// Takes up a checkpoint of a session with the same models, phases and examples; ``run(_:)`` then trains what is left.
    ///
    /// - Throws: `UserError(.data)` for a checkpoint that does not fit.
    public func restore(_ checkpoint: SafetensorsFile) throws {
        let words = ["phaseIndex", "step"].map { checkpoint.metadata[$0].flatMap { Int($0) } }
        guard let phase = words[0], let step = words[1], (0...recipe.phases.count).contains(phase) else {
            throw UserError(
                .data, "the checkpoint does not say where training stood", at: "checkpoint",
                advice: "take it from `checkpoint` of a session")
        }
        if phase < recipe.phases.count {
            try state.restore(checkpoint, phase: phase, step: step, of: recipe, at: "checkpoint")
        } else {
            try state.restoreWeights(checkpoint, of: recipe, at: "checkpoint")
            state.phase = phase
        }
    }
}

extension TrainingSession: TrainingObserver {
    public var isInterrupted: Bool { false }
    public func updated(_ state: TrainingState, _ update: Update) throws { try updated(update) }
    public func checkpoint(_ state: TrainingState) {}
    public func test(_ state: TrainingState) {}
    public func pictured(_ state: TrainingState) {}
    public func finished(_ state: TrainingState) {}
}

/// A test set without examples.
private struct NoExamples: ExampleSet {
    let name: String
    let extents: [Int]
    let classNames: [String]
    let sha256 = ""
    var labels: [Int] { [] }

    init(of other: any ExampleSet) {
        (name, extents, classNames) = (other.name, other.extents, other.classNames)
    }

    func values(at indices: [Int], dequantize: Dequantization, key: RandomKey) -> [Float] { [] }
}
