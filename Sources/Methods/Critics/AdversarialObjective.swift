import Gradients
import Networks
import Scores
import Tensors

/// The losses of the two sides of a GAN: a critic f, which maps images to `[N, K]`, and a generator. A trainer knows a
/// method by this protocol only; every method is a file of its own.
public protocol AdversarialObjective: Sendable {
    /// What the critic minimises.
    ///
    /// - Parameters:
    ///   - data: f of images, float64 `[N, K]`.
    ///   - samples: f of generated images, float64 `[M, K]`.
    /// - Returns: float64 `[1]`.
    func criticLoss(data: Variable, samples: Variable) -> Variable

    /// What the generator minimises, as for the critic. `data` is nil unless `comparesWithData`.
    func generatorLoss(data: Variable?, samples: Variable) -> Variable

    /// Whether the generator's loss needs f of images.
    var comparesWithData: Bool { get }

    /// A further term of the critic's loss, a function of images and of as many generated ones, real `[N, H, W, C]`; nil
    /// for none.
    func penalty(_ critic: Critic, data: Tensor, samples: Tensor, key: RandomKey) -> AdversarialTerm?

    /// A further term of the generator's loss; nil for none.
    func regularizer(of generator: Generator, _ pass: Pass) -> AdversarialTerm?

    /// Called after every update of the critic, to keep its parameters within bounds; returns what is worth logging.
    func constrain(_ critic: ParameterStore) -> Measures
}

extension AdversarialObjective {
    public var comparesWithData: Bool { false }
    public func penalty(_: Critic, data: Tensor, samples: Tensor, key: RandomKey) -> AdversarialTerm? { nil }
    public func regularizer(of generator: Generator, _ pass: Pass) -> AdversarialTerm? { nil }
    public func constrain(_ critic: ParameterStore) -> Measures { [:] }
}

/// A further term of a loss, with the measures that are logged beside it.
public struct AdversarialTerm {
    /// The number to add to the loss, float64 `[1]`. Its gradient is the term's; its value may be another.
    public let loss: Variable
    public let measures: Measures
}

/// The critic of an update, as a function, computed in the real type throughout.
public struct Critic {
    /// The pass that trains it.
    package let pass: Pass
    /// f, float64 `[N, K]`, of images `[N, H, W, C]`.
    package let function: (Variable, Pass) -> Variable
    private let derivative: (Tensor, Tensor, Pass) -> Variable

    /// - Parameters:
    ///   - pass: binds the parameters and says in which mode layers run.
    ///   - function: the outputs of images in a pass.
    ///   - derivative: ∇f_k(x)·d, float64 `[N, K]`, of x and d.
    public init(
        _ pass: Pass, function: @escaping (Variable, Pass) -> Variable,
        derivative: @escaping (Tensor, Tensor, Pass) -> Variable
    ) {
        self.pass = pass.keepingStatistics()
        self.function = function
        self.derivative = derivative
    }

    package var backend: any Backend { pass.backend }

    /// ∇f_k(x)·d, float64 `[N, K]`, with gradients for the parameters.
    package func directionalDerivative(at x: Tensor, along d: Tensor) -> Variable { derivative(x, d, pass) }

    /// ∇ₓ Σ_k f_k(x), `[N, H, W, C]`.
    package func inputGradient(at x: Tensor) -> Tensor {
        let fixed = Pass(
            pass.store, on: Tape(backend), mode: pass.mode, trainable: false, movesStatistics: false)
        let point = fixed.tape.variable(x)
        fixed.tape.backward(from: function(point, fixed).sum(.all))
        return point.gradient ?? backend.zerosLike(x)
    }
}
