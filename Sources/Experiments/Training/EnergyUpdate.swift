import Datasets
import EnergyModels
import Flows
import Gradients
import Networks
import Tensors

/// One update of the energy: θ maximises L_label + V (Gao et al. 2020, eqs. 12 and 17), plus regularisers.
///
/// The three batches run through the network as one, unlabelled images first: their dropout masks then equal those of
/// the regularisers' further passes.
final class EnergyUpdate {
    /// Samples of the flow for an update, with log q in nats.
    typealias Samples = (images: Tensor, logDensities: [Double])

    private let context: TrainingContext
    private let energy: ConditionalEnergy
    private let contrast: Contrast
    private let unlabelled: BatchStream?
    private let labelled: BatchStream?
    private let draws: CachedDraws?
    /// Factors on the labelled images' terms by class, `[K]`; nil where all are 1.
    private let classWeights: [Double]?

    /// - Parameter draws: dequantised training images with stored log q, in place of fresh noise.
    init(_ context: TrainingContext, energy: ConditionalEnergy, draws: CachedDraws? = nil) {
        self.context = context
        self.energy = energy
        self.draws = draws
        contrast = Contrast(context: context, energy: energy)
        let (recipe, phase, split) = (context.recipe, context.phase, context.data.split)
        let start = context.state.step
        let needsUnlabelled = phase.kind != .supervised || !context.state.regularizers.isEmpty
        unlabelled =
            needsUnlabelled && draws == nil
            ? context.stream(split.unlabelled, batch: phase.batch, .unlabelled, start: start) : nil
        var counts = [Int](repeating: 0, count: energy.configuration.classes)
        for index in split.labelled { counts[context.data.train.labels[index]] += 1 }
        classWeights = recipe.label.classWeights.factors(counts: counts)
        let needsLabels = recipe.label.weight > 0 && !split.labelled.isEmpty
        labelled =
            needsLabels
            ? context.stream(split.labelled, batch: phase.labelledBatch, .labelled, start: start) : nil
    }

    /// The parts of the joined batch.
    private struct Batch {
        var unlabelled: Tensor?
        /// Indices of the unlabelled images among the training images.
        var indices: [Int] = []
        var labels: [Int] = []
        var parts: [Tensor] = []
        var unlabelledRows = 0..<0
        var labelledRows = 0..<0
        var sampleRows = 0..<0
    }

    /// Updates the energy's parameters by the recipe's loss.
    ///
    /// - Parameters:
    ///   - samples: of the flow; nil in supervised phases.
    ///   - logDensity: log q_α of data images, asked for when the base needs it.
    func callAsFunction(
        samples: Samples?, pace: Pace, optimizer: Optimizer, logDensity: (Tensor) -> [Double]
    ) -> Measures {
        let (state, backend) = (context.state, context.backend)
        var cached: [Double]?
        let batch = assemble(samples, &cached)
        let tape = Tape(backend)
        let key = context.key(.dropout, .dropout, step: state.step)
        let pass = Pass(energy.store, on: tape, mode: .train(dropout: key), trainable: true)
        let regularizers = state.regularizers
        let needsTrace = regularizers.contains { $0.term.needsLinearization || isLogged }
        let trace =
            needsTrace && energy.isLinearizable
            ? energy.linearization(count: batch.unlabelledRows.count) : nil
        let logits = energy.logits(ofParts: batch.parts, pass, trace)

        var terms = Terms(pass)
        if !batch.labels.isEmpty {
            let posterior = energy.logPosterior(logits.rows(batch.labelledRows), pass)
            terms.add(
                crossEntropy(posterior, oneHot: pass.constant(targets(batch.labels))),
                weight: context.recipe.label.weight, "labelLoss")
        }
        if let samples, let images = batch.unlabelled {
            let marginal = energy.logMarginal(logits, pass)
            let densities = contrast.needsLogDensity ? cached ?? logDensity(images) : []
            let onData = contrast.difference(
                marginal.rows(batch.unlabelledRows), images: images, logDensities: densities, on: tape)
            let onSamples = contrast.difference(
                marginal.rows(batch.sampleRows), images: samples.images, logDensities: samples.logDensities,
                on: tape)
            let negatives = Double(context.recipe.energy.negatives)
            terms.add(
                contrastValue(data: onData, samples: onSamples, negatives: negatives),
                weight: -context.phase.valueWeight, "value")
            terms.record(onData, onSamples)
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
        return terms.descend(optimizer, pace)
    }

    /// Labels as float64 `[N, K]`, each by its class's weight.
    private func targets(_ labels: [Int]) -> Tensor {
        let oneHot = context.backend.oneHot(labels, classes: energy.configuration.classes)
        guard let classWeights else { return oneHot }
        let weights = context.backend.tensor(classWeights, [classWeights.count], .float64)
        return context.backend.combine(.multiply, oneHot, weights, .channels)
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
            terms.add(regularizer.term.loss(batch), weight: weight, regularizer.term.name)
        }
    }

    private func assemble(_ samples: Samples?, _ cached: inout [Double]?) -> Batch {
        var (batch, row) = (Batch(), 0)
        func append(_ part: Tensor) -> Range<Int> {
            batch.parts.append(part)
            defer { row += part.shape.first }
            return row..<row + part.shape.first
        }
        let step = context.state.step
        if let draws {
            let drawn = draws.batch(context.phase.batch, step: step)
            batch.unlabelled = drawn.images
            batch.indices = drawn.indices
            cached = drawn.logDensities
        } else if let unlabelled {
            let drawn = unlabelled.batch(step)
            batch.unlabelled = context.images(drawn.images)
            batch.indices = drawn.indices
        }
        if let images = batch.unlabelled { batch.unlabelledRows = append(images) }
        if let labelled {
            let drawn = labelled.batch(step)
            batch.labels = drawn.labels
            batch.labelledRows = append(context.images(drawn.images))
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

    mutating func add(_ term: Variable, weight: Double, _ name: String) {
        measures[name] = pass.backend.scalar(term.value)
        let weighted = term.affine(scale: weight)
        loss = loss.map { $0 + weighted } ?? weighted
    }

    mutating func record(_ values: Measures) { measures.merge(values) { $1 } }

    mutating func record(_ onData: Variable, _ onSamples: Variable) {
        measures.merge(contrastMeasures(onData, onSamples, pass.backend)) { $1 }
    }

    /// Backward pass and update; the measures with the gradient's norm.
    mutating func descend(_ optimizer: Optimizer, _ pace: Pace) -> Measures {
        guard let loss else { return measures }
        pass.tape.backward(from: loss)
        measures["gradNorm"] = optimizer.update(pass.gradient(), pace)
        measures["rate"] = pace.rate
        return measures
    }
}

/// Statistics of d on data and on samples, for the gate and for the log.
func contrastMeasures(_ onData: Variable, _ onSamples: Variable, _ backend: any Backend) -> Measures {
    let statistics = ContrastStatistics(
        data: backend.doubles(onData.value), samples: backend.doubles(onSamples.value))
    return [
        "accuracyGate": statistics.accuracy, "dData": statistics.meanOnData,
        "dSamples": statistics.meanOnSamples, "saturated": statistics.saturated,
        "valueData": statistics.valueOnData, "valueSamples": statistics.valueOnSamples,
    ]
}
