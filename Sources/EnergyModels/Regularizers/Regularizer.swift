import Gradients
import Networks
import Scores
import Tensors

/// A term that unlabelled images add to a classifier's loss: one small file each, with its equation and citation.
/// Training code does not know which one it runs.
public protocol Regularizer {
    /// The metric that its loss is logged as.
    var metric: Metric { get }
    /// Whether ``UnlabelledBatch/linearization`` is needed.
    var needsLinearization: Bool { get }
    /// The term, a scalar to be minimised, differentiable for the classifier's parameters.
    func loss(_ batch: UnlabelledBatch) -> Variable
    /// Measures of how the term works; called at some updates only.
    func selfCheck(_ batch: UnlabelledBatch) -> Measures
}

extension Regularizer {
    public var needsLinearization: Bool { false }
    public func selfCheck(_ batch: UnlabelledBatch) -> Measures { [:] }
}

/// Unlabelled images after their evaluation in the energy's update, the clean pass. They come first in their batch, so
/// that equal dropout keys mean equal masks in further passes.
public struct UnlabelledBatch {
    public let energy: ConditionalEnergy
    /// `[B, H, W, C]`.
    public let images: Tensor
    /// Indices of these images among the training images, `[B]`.
    public let indices: [Int]
    /// log p(y|x) of the clean pass, `[B, K]`.
    public let logPosterior: Variable
    /// The linearised network of the clean pass; nil unless asked for.
    public let linearization: Linearization?
    /// The clean pass, for further evaluations, which leave running averages alone.
    public let pass: Pass
    /// The key of this update's random draws.
    public let key: RandomKey
    /// Averaged weights of the energy; nil where the recipe keeps none.
    public let teacher: ParameterStore?

    public init(
        energy: ConditionalEnergy, images: Tensor, indices: [Int] = [], logPosterior: Variable,
        linearization: Linearization? = nil, pass: Pass, key: RandomKey, teacher: ParameterStore? = nil
    ) {
        self.energy = energy
        self.images = images
        self.indices = indices
        self.logPosterior = logPosterior
        self.linearization = linearization
        self.pass = pass.keepingStatistics()
        self.key = key
        self.teacher = teacher
    }

    var backend: any Backend { pass.backend }

    /// log p(y|x) of f_k(x) − δ_k, `[B, K]`.
    func logPosterior(of logits: Variable, in pass: Pass) -> Variable {
        energy.classScores(logits, pass).logSoftmax()
    }

    /// log p(y|x) of the averaged weights, `[B, K]`, under dropout of their own; no gradient passes.
    package func teacherLogPosterior() -> Variable {
        guard let teacher else { preconditionFailure("a teacher is made of averaged weights") }
        let pass = Pass(
            teacher, on: pass.tape, mode: pass.mode.withMasks(lane: 3), trainable: false,
            movesStatistics: false)
        return logPosterior(of: images, in: pass)
    }

    /// log p(y|x') of other images `[B, H, W, C]` in `pass`.
    func logPosterior(of images: Tensor, in pass: Pass) -> Variable {
        logPosterior(of: energy.classParts(pass.constant(images), pass).logits, in: pass)
    }
}

extension Pass {
    /// The same parameters with dropout masks of another lane's stream.
    public func withMasks(lane: Int) -> Pass { sharingParameters(mode: mode.withMasks(lane: lane)) }
}

extension Pass.Mode {
    /// The mode with dropout masks of another lane's stream.
    func withMasks(lane: Int) -> Pass.Mode {
        guard case .train(let key) = self else { return self }
        let other = RandomKey(
            seed: key.seed ^ UInt64(lane) << 48, purpose: key.purpose, step: Int(key.step), rows: key.rows)
        return .train(dropout: other)
    }
}
