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

    /// What the density follows in an update.
    package enum Stage: Equatable, Sendable {
        /// The shared energy is fitted to log q by least squares, and V waits.
        case fit
        /// V, with τ of ``Base/logRatio(_:temper:density:initial:)``.
        case contrast(temper: Double)
    }

    /// Updates the energy's parameters by the recipe's loss and counts the update.
    ///
    /// - Parameters:
    ///   - samples: of the flow; nil without V.
    ///   - pace: rate and the like.
    ///   - stage: what the density follows.
    ///   - logDensity: log q_α of data images, asked for when the base needs it.
    package func callAsFunction(
        samples: Samples? = nil, pace: Pace, stage: Stage = .contrast(temper: 1),
        logDensity: ((Tensor) -> Tensor)? = nil
    ) -> Outcome {
        let state = context.state
        guard let optimizer = state.energyOptimizer else { preconditionFailure("update before start") }
        let batch = batches.batch(state.step, samples: samples?.images)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(energy.store, on: Tape(context.backend), mode: .train(dropout: key), trainable: true)
        let trace = linearization(batch)
        let (logits, features) = energy.classParts(ofParts: batch.parts, pass, trace)

        // −L_label − V + Σ w·R, which θ minimises.
        var loss = WeightedLoss(pass)
        if let labelled, !batch.labels.isEmpty {
            loss.add(
                labelled.loss(logits.rows(batch.labelledRows), batch.labels, pass),
                weight: context.recipe.label.weight, .labelLoss)
        }
        var accuracy: Double?
        if let weight = settings.valueWeight, let samples {
            let contrasted = contrasted(batch, samples, logits, features, pass, logDensity)
            switch stage {
            case .fit: addFit(to: &loss, contrasted)
            case .contrast(let temper): accuracy = addValue(to: &loss, weight, contrasted, temper: temper)
            }
        }
        regularize(&loss, logits, batch, trace, update: optimizer.step)

        let measures = loss.descend(optimizer, pace)
        state.energyUpdates += 1
        state.average?.follow(energy.store, step: optimizer.step)
        return Outcome(measures: measures, accuracy: accuracy)
    }

    /// What V compares: data and as many samples for each as ν says, in this order.
    private struct Contrasted {
        let images: Tensor
        /// How many of them are data.
        let dataCount: Int
        /// m of them.
        let marginal: Marginal
        /// log q of them, nats, float64 `[N]`, where the base needs it.
        let logDensity: Tensor?
    }

    private func contrasted(
        _ batch: EnergyBatch, _ samples: Samples, _ logits: Variable, _ features: Variable, _ pass: Pass,
        _ logDensity: ((Tensor) -> Tensor)?
    ) -> Contrasted {
        guard let data = batch.unlabelled else { preconditionFailure("V without data") }
        let (rows, backend) = ([batch.unlabelledRows, batch.sampleRows], context.backend)
        let images = backend.stacked([data, samples.images])
        let marginal = energy.marginal(
            pass.constant(images), classes: stacked(rows.map { logits.rows($0) }),
            features: stacked(rows.map { features.rows($0) }), pass)
        let known = contrast.needsLogDensity ? batch.logDensity ?? logDensity?(data) : nil
        return Contrasted(
            images: images, dataCount: data.shape.first, marginal: marginal,
            logDensity: known.map { backend.stacked([$0, samples.logDensity]) })
    }

    /// Adds −w·V of eq. 12; returns the accuracy of d's sign.
    private func addValue(
        to loss: inout WeightedLoss, _ weight: Double, _ contrasted: Contrasted, temper: Double
    ) -> Double {
        let d = contrast.difference(
            contrasted.marginal, images: contrasted.images, logDensity: contrasted.logDensity,
            temper: temper, on: loss.pass.tape)
        let onData = d.rows(0..<contrasted.dataCount)
        let onSamples = d.rows(contrasted.dataCount..<d.shape.first)
        let negatives = Double(context.recipe.energy.negatives)
        loss.add(
            contrastValue(data: onData, samples: onSamples, negatives: negatives), weight: -weight, .value)
        let statistics = ContrastStatistics(onData, onSamples, context.backend)
        loss.measures.merge(statistics.measures)
        return statistics.accuracy
    }

    /// Adds the share of log q's variance that the shared energy leaves unexplained, in place of V.
    private func addFit(to loss: inout WeightedLoss, _ contrasted: Contrasted) {
        guard let logDensity = contrasted.logDensity else { preconditionFailure("a fit without log q") }
        let fit = DensityFit(of: contrasted.marginal, to: loss.pass.constant(logDensity))
        loss.add(fit.loss, weight: 1, .unexplained)
        loss.measures.merge(fit.measures)
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
