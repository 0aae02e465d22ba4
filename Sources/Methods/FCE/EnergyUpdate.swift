import Datasets
import EnergyModels
import Gradients
import Networks
import Scores
import Tensors
import Training

/// One update of the energy: θ maximises L_label + V (Gao et al. 2020, eqs. 12 and 17), plus regularisers.
///
/// The three batches run through the network as one, unlabelled images first: their dropout masks then equal those of
/// the regularisers' further passes.
package final class EnergyUpdate {
    /// Samples of the flow for an update, with log q in nats, float64 `[N]`.
    package typealias Samples = (images: Tensor, logDensity: Tensor)

    /// What the update is told.
    package struct Settings {
        /// Images of each kind per update.
        package let batch: Int
        package let labelledBatch: Int
        /// Weight of V; nil in an update without V.
        package var valueWeight: Double?
    }

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let settings: Settings
    private let contrast: Contrast
    private let unlabelled: BatchStream?
    private let labelled: LabelledImages?
    private let draws: CachedDraws?

    /// - Parameters:
    ///   - isFixed: whether the flow stands still, as ``Contrast/isFixed``.
    ///   - draws: dequantised training images with stored log q, in place of fresh noise.
    package init(
        _ context: TrainingContext, energy: ConditionalEnergy, _ settings: Settings, isFixed: Bool = true,
        draws: CachedDraws? = nil
    ) {
        self.context = context
        self.energy = energy
        self.settings = settings
        self.draws = draws
        contrast = Contrast(context: context, energy: energy, isFixed: isFixed)
        let (split, start) = (context.data.split, context.state.step)
        let needsUnlabelled = settings.valueWeight != nil || !context.state.regularizers.isEmpty
        unlabelled =
            needsUnlabelled && draws == nil
            ? context.stream(split.unlabelled, batch: settings.batch, .unlabelled, start: start) : nil
        labelled = LabelledImages(context, energy: energy, batch: settings.labelledBatch)
    }

    /// The parts of the joined batch.
    private struct Batch {
        var unlabelled: Tensor?
        /// Their log q, nats `[N]`, where it was stored with them.
        var logDensity: Tensor?
        /// Indices of the unlabelled images among the training images.
        var indices: [Int] = []
        var labels: [Int] = []
        var parts: [Tensor] = []
        var unlabelledRows = 0..<0
        var labelledRows = 0..<0
        var sampleRows = 0..<0
    }

    /// What an update measured.
    package struct Outcome {
        package var measures: Measures
        /// Share of right answers of d's sign, for the gate; nil without V.
        package var accuracy: Double?
    }

    /// Updates the energy's parameters by the recipe's loss and counts the update.
    ///
    /// - Parameters:
    ///   - samples: of the flow; nil without V.
    ///   - logDensity: log q_α of data images, asked for when the base needs it.
    package func callAsFunction(
        samples: Samples? = nil, pace: Pace, logDensity: ((Tensor) -> Tensor)? = nil
    ) -> Outcome {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let batch = assemble(samples)
        let tape = Tape(context.backend)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(energy.store, on: tape, mode: .train(dropout: key), trainable: true)
        let regularizers = state.regularizers
        let needsTrace = regularizers.contains { $0.term.needsLinearization || isLogged }
        let trace =
            needsTrace && energy.isLinearizable
            ? energy.linearization(count: batch.unlabelledRows.count) : nil
        let logits = energy.logits(ofParts: batch.parts, pass, trace)

        var terms = Terms(pass)
        if let labelled, !batch.labels.isEmpty {
            terms.add(
                labelled.loss(logits.rows(batch.labelledRows), batch.labels, pass),
                weight: context.recipe.label.weight, .labelLoss)
        }
        var accuracy: Double?
        if let samples, let images = batch.unlabelled, let weight = settings.valueWeight {
            let marginal = energy.logMarginal(logits, pass)
            let needsLogDensity = contrast.needsLogDensity
            let onData = contrast.difference(
                marginal.rows(batch.unlabelledRows), images: images,
                logDensity: needsLogDensity ? batch.logDensity ?? logDensity?(images) : nil, on: tape)
            let onSamples = contrast.difference(
                marginal.rows(batch.sampleRows), images: samples.images,
                logDensity: needsLogDensity ? samples.logDensity : nil, on: tape)
            let negatives = Double(context.recipe.energy.negatives)
            terms.add(
                contrastValue(data: onData, samples: onSamples, negatives: negatives), weight: -weight,
                .value)
            let statistics = ContrastStatistics(onData, onSamples, context.backend)
            terms.record(statistics.measures)
            accuracy = statistics.accuracy
        }
        if let images = batch.unlabelled, !regularizers.isEmpty {
            let unlabelled = logits.rows(batch.unlabelledRows)
            regularize(
                &terms,
                UnlabelledBatch(
                    energy: energy, images: images, indices: batch.indices,
                    logPosterior: energy.logPosterior(unlabelled, pass), linearization: trace, pass: pass,
                    key: context.key(.adversary, .adversary, step: state.step), teacher: state.average?.store)
            )
        }
        let measures = terms.descend(optimizer, pace)
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return Outcome(measures: measures, accuracy: accuracy)
    }

    /// Whether this update's measures go to the log: self-checks are made then only.
    private var isLogged: Bool {
        let every = context.recipe.log.every
        return every > 0 && (context.state.step + 1) % every == 0
    }

    private func regularize(_ terms: inout Terms, _ batch: UnlabelledBatch) {
        for regularizer in context.state.regularizers {
            let weight = regularizer.weight(at: context.state.step)
            // First the check: a loss may change what its regulariser has gathered.
            if isLogged { terms.record(regularizer.term.selfCheck(batch)) }
            terms.add(regularizer.term.loss(batch), weight: weight, regularizer.term.metric)
        }
    }

    private func assemble(_ samples: Samples?) -> Batch {
        var (batch, row) = (Batch(), 0)
        func append(_ part: Tensor) -> Range<Int> {
            batch.parts.append(part)
            defer { row += part.shape.first }
            return row..<row + part.shape.first
        }
        let step = context.state.step
        if let draws {
            let drawn = draws.batch(settings.batch, step: step)
            batch.unlabelled = drawn.images
            batch.indices = drawn.indices
            batch.logDensity = drawn.logDensity
        } else if let unlabelled {
            let drawn = unlabelled.batch(step)
            batch.unlabelled = context.images(drawn.images)
            batch.indices = drawn.indices
        }
        if let images = batch.unlabelled { batch.unlabelledRows = append(images) }
        if let labelled {
            let drawn = labelled.batch(step)
            batch.labels = drawn.labels
            batch.labelledRows = append(drawn.images)
        }
        if let samples { batch.sampleRows = append(samples.images) }
        return batch
    }
}

/// The weighted terms of a loss on one tape, and what they measured.
private struct Terms {
    let pass: Pass
    private var loss: Variable?
    private var measures: Measures = [:]

    init(_ pass: Pass) { self.pass = pass }

    mutating func add(_ term: Variable, weight: Double, _ metric: Metric) {
        measures[metric] = pass.backend.scalar(term.value)
        let weighted = term.affine(scale: weight)
        loss = loss.map { $0 + weighted } ?? weighted
    }

    mutating func record(_ values: Measures) { measures.merge(values) }

    /// Backward pass and update; the measures with the gradient's norm.
    mutating func descend(_ optimizer: Optimizer, _ pace: Pace) -> Measures {
        guard let loss else { return measures }
        pass.tape.backward(from: loss)
        measures[.gradNorm] = optimizer.update(pass.gradient(), pace)
        measures[.rate] = pace.rate
        return measures
    }
}

extension ContrastStatistics {
    /// Statistics of d on data and on samples, for the gate and for the log.
    package init(_ onData: Variable, _ onSamples: Variable, _ backend: any Backend) {
        self.init(data: backend.doubles(onData.value), samples: backend.doubles(onSamples.value))
    }

    package var measures: Measures {
        [
            .accuracyGate: accuracy, .dData: meanOnData, .dSamples: meanOnSamples,
            .saturated: saturated, .valueData: valueOnData, .valueSamples: valueOnSamples,
        ]
    }
}
