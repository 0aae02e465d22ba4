import Gradients
import Methods
import Networks
import System
import Tensors
import Training

/// The flow's gradient in the joint phase, taken apart at fixed weights: the part through samples that `pathwise` follows,
/// the part through log q that it leaves out, −E_data[σ(−d) ∂log q] + E_q[σ(d) ∂log q], and the gradient of −E_data[log q].
public struct FlowGradientStudy: Encodable, Sendable {
    public let batches: Int
    /// Images of a batch; as many samples for each of them as the energy has negatives.
    public let batch: Int
    public let throughSamples: GradientMoments
    public let leftOut: GradientMoments
    public let likelihood: GradientMoments
    /// The cosine between the means of what is left out and of the likelihood's gradient; nil where either is lost in noise.
    public let cosine: Double?

    package init(batch: Int, throughSamples: [[Float]], leftOut: [[Float]], likelihood: [[Float]]) {
        batches = leftOut.count
        self.batch = batch
        self.throughSamples = GradientMoments(throughSamples)
        self.leftOut = GradientMoments(leftOut)
        self.likelihood = GradientMoments(likelihood)
        let norms = self.leftOut.norm * self.likelihood.norm
        cosine = norms > 0 ? GradientProducts(leftOut, likelihood).mean / norms : nil
    }
}

extension TrainingState {
    /// Takes the flow's gradient apart over fresh batches.
    ///
    /// - Parameters:
    ///   - batches: how many, at least 2.
    ///   - recipe: one with a joint phase, whose settings are used.
    ///   - data: the batches are of its unlabelled images.
    /// - Throws: `UserError(.recipe)` for a recipe without a joint phase, before the energy has been trained, and where a
    ///   model is missing.
    public func flowGradients(
        batches: Int, _ recipe: Recipe, _ data: ExperimentData
    ) throws -> FlowGradientStudy {
        precondition(batches > 1)
        let joint = recipe.phases.indices.compactMap { index in
            (recipe.phases[index].settings as? JointPhase.Settings).map { (index, $0) }
        }
        guard let (index, settings) = joint.first else {
            throw UserError(
                .recipe, "the recipe has no joint phase, in which a flow follows an energy",
                advice: "name a run of method fce or fce-vat")
        }
        guard recipe.phases.prefix(phase + 1).contains(where: { $0.settings.models.contains(.energy) }) else {
            throw UserError(
                .recipe, "the energy has not been trained by the end of phase \(phase + 1)",
                advice: "take the weights of a later phase")
        }
        let context = TrainingContext(recipe: recipe, data: data, state: self, phaseIndex: index)
        let (energy, flow) = (try context.energy(), try context.flow())
        func update(_ gradient: FlowGradient, likelihood: Double) -> FlowUpdate {
            var own = settings
            (own.flowGradient, own.likelihood) = (gradient, likelihood)
            return FlowUpdate(context, own, energy: energy, flow: flow)
        }
        let (full, pathwise, both) = (
            update(.full, likelihood: 0), update(.pathwise, likelihood: 0), update(.pathwise, likelihood: 1)
        )
        let before = step
        defer { step = before }
        var parts: (samples: [[Float]], leftOut: [[Float]], likelihood: [[Float]]) = ([], [], [])
        for number in 0..<batches {
            // The three see the same images, samples and masks, which no update of training has seen.
            step = Self.firstStudyStep + number
            let samples = pathwise.gradient
            parts.samples.append(samples.map(Float.init))
            parts.leftOut.append(zip(full.gradient, samples).map { Float($0 - $1) })
            parts.likelihood.append(zip(both.gradient, samples).map { Float($0 - $1) })
        }
        return FlowGradientStudy(
            batch: settings.batch, throughSamples: parts.samples, leftOut: parts.leftOut,
            likelihood: parts.likelihood)
    }

    /// Training comes nowhere near this step.
    private static let firstStudyStep = 1 << 24
}

extension FlowUpdate {
    /// The gradient of what the flow descends, `[parameters]`.
    fileprivate var gradient: [Double] {
        let (loss, pass, _, _) = loss()
        pass.tape.backward(from: loss)
        return pass.tape.backend.doubles(pass.gradient())
    }
}
