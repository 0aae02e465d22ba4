import EnergyModels
import Gradients
import Networks
import Scores
import Tensors
import Training

/// One update of the energy: θ maximises L_label + V (Gao et al. 2020, eqs. 12 and 17), plus regularisers. The parts of the
/// batch run through the network as one.
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

    /// What an update measured.
    package struct Outcome {
        package var measures: Measures
        /// Share of right answers of d's sign, for the gate; nil without V.
        package var accuracy: Double?
    }

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let settings: Settings
    private let contrast: Contrast
    private let labelled: LabelledImages?
    private let batches: EnergyBatches

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
        contrast = Contrast(context: context, energy: energy, isFixed: isFixed)
        labelled = LabelledImages(context, energy: energy, batch: settings.labelledBatch)
        batches = EnergyBatches(
            context, settings,
            needsUnlabelled: settings.valueWeight != nil || !context.state.regularizers.isEmpty,
            labelled: labelled, draws: draws)
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
        let batch = batches.batch(state.step, samples: samples?.images)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(energy.store, on: Tape(context.backend), mode: .train(dropout: key), trainable: true)
        let trace = linearization(batch)
        let logits = energy.logits(ofParts: batch.parts, pass, trace)

        // −L_label − V + Σ w·R, which θ minimises.
        var loss = WeightedLoss(pass)
        if let labelled, !batch.labels.isEmpty {
            loss.add(
                labelled.loss(logits.rows(batch.labelledRows), batch.labels, pass),
                weight: context.recipe.label.weight, .labelLoss)
        }
        var accuracy: Double?
        if let weight = settings.valueWeight, let samples {
            accuracy = addValue(to: &loss, weight, logits, batch, samples, logDensity)
        }
        regularize(&loss, logits, batch, trace, update: optimizer.step)

        let measures = loss.descend(optimizer, pace)
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return Outcome(measures: measures, accuracy: accuracy)
    }

    /// Adds −w·V of eq. 12; returns the accuracy of d's sign.
    private func addValue(
        to loss: inout WeightedLoss, _ weight: Double, _ logits: Variable, _ batch: EnergyBatch,
        _ samples: Samples, _ logDensity: ((Tensor) -> Tensor)?
    ) -> Double? {
        guard let images = batch.unlabelled else { return nil }
        let (pass, needsLogDensity) = (loss.pass, contrast.needsLogDensity)
        let marginal = energy.logMarginal(logits, pass)
        let onData = contrast.difference(
            marginal.rows(batch.unlabelledRows), images: images,
            logDensity: needsLogDensity ? batch.logDensity ?? logDensity?(images) : nil, on: pass.tape)
        let onSamples = contrast.difference(
            marginal.rows(batch.sampleRows), images: samples.images,
            logDensity: needsLogDensity ? samples.logDensity : nil, on: pass.tape)
        let negatives = Double(context.recipe.energy.negatives)
        loss.add(
            contrastValue(data: onData, samples: onSamples, negatives: negatives), weight: -weight, .value)
        let statistics = ContrastStatistics(onData, onSamples, context.backend)
        loss.measures.merge(statistics.measures)
        return statistics.accuracy
    }

    /// Adds what unlabelled images say of p(y|x), whose weights the recipe gives. Ramps count the energy's updates so far in
    /// all phases, so that they do not begin anew.
    private func regularize(
        _ loss: inout WeightedLoss, _ logits: Variable, _ batch: EnergyBatch, _ trace: Linearization?,
        update: Int
    ) {
        let (state, pass) = (context.state, loss.pass)
        guard let images = batch.unlabelled, !state.regularizers.isEmpty else { return }
        let unlabelled = UnlabelledBatch(
            energy: energy, images: images, indices: batch.indices,
            logPosterior: energy.logPosterior(logits.rows(batch.unlabelledRows), pass),
            linearization: trace, pass: pass, key: context.key(.adversary, .adversary, step: state.step),
            teacher: state.average?.store)
        for regularizer in state.regularizers {
            let weight = regularizer.weight(at: update)
            // First the check: a loss may change what its regulariser has gathered.
            if isLogged { loss.measures.merge(regularizer.term.selfCheck(unlabelled)) }
            loss.add(regularizer.term.loss(unlabelled), weight: weight, regularizer.term.metric)
        }
    }

    /// What VAT's exact direction asks of the network; nil where nobody asks.
    private func linearization(_ batch: EnergyBatch) -> Linearization? {
        let isNeeded = context.state.regularizers.contains { $0.term.needsLinearization || isLogged }
        guard isNeeded, energy.isLinearizable else { return nil }
        return energy.linearization(count: batch.unlabelledRows.count)
    }

    /// Whether this update's measures go to the log: self-checks are made then only.
    private var isLogged: Bool {
        let every = context.recipe.log.every
        return every > 0 && (context.state.step + 1) % every == 0
    }
}

/// The weighted terms of a loss on one tape, and what they measured.
private struct WeightedLoss {
    let pass: Pass
    var measures: Measures = [:]
    private var sum: Variable?

    init(_ pass: Pass) { self.pass = pass }

    /// Adds a term, which is logged without its weight.
    mutating func add(_ term: Variable, weight: Double, _ metric: Metric) {
        measures[metric] = pass.backend.scalar(term.value)
        let weighted = term.affine(scale: weight)
        sum = sum.map { $0 + weighted } ?? weighted
    }

    /// Backward pass and update; the measures with the gradient's norm.
    mutating func descend(_ optimizer: Optimizer, _ pace: Pace) -> Measures {
        guard let sum else { return measures }
        pass.tape.backward(from: sum)
        measures[.gradNorm] = optimizer.update(pass.gradient(), pace)
        measures[.rate] = pace.rate
        return measures
    }
}
