import Gradients
import Networks
import Tensors

/// What the two sides of a GAN minimise: a critic f, `[N, K]` of images, and a generator. A trainer knows no more of a
/// method than this; every method is a file of its own.
public protocol AdversarialObjective: Sendable {
    /// What the critic minimises.
    ///
    /// - Parameters:
    ///   - data: f of images, float64 `[N, K]`.
    ///   - samples: f of generated images, float64 `[M, K]`.
    /// - Returns: float64 `[1]`.
    func criticLoss(data: Variable, samples: Variable) -> Variable

    /// What the generator minimises, as for the critic. `data` is nil unless ``comparesWithData``.
    func generatorLoss(data: Variable?, samples: Variable) -> Variable

    /// Whether the generator's loss needs f of images.
    var comparesWithData: Bool { get }

    /// What else the critic minimises, of images and of as many generated ones, real `[N, H, W, C]`; nil where there is
    /// nothing.
    func penalty(_ critic: Critic, data: Tensor, samples: Tensor, key: RandomKey) -> AdversarialTerm?

    /// What else the generator minimises; nil where there is nothing.
    func regularizer(of generator: Generator, _ pass: Pass) -> AdversarialTerm?

    /// Called after every update of the critic, to keep its parameters within bounds; returns what is worth logging.
    func constrain(_ critic: ParameterStore) -> [String: Double]
}

extension AdversarialObjective {
    public var comparesWithData: Bool { false }
    public func penalty(_: Critic, data: Tensor, samples: Tensor, key: RandomKey) -> AdversarialTerm? { nil }
    public func regularizer(of generator: Generator, _ pass: Pass) -> AdversarialTerm? { nil }
    public func constrain(_ critic: ParameterStore) -> [String: Double] { [:] }
}

/// A further term of a loss, with what is logged of it.
public struct AdversarialTerm {
    /// To be added to the loss, float64 `[1]`. Its gradient is the term's; its value need not be.
    public let loss: Variable
    public let measures: [String: Double]
}

/// The critic of an update, as a function, computed in the real type throughout.
public struct Critic {
    /// The pass that trains it.
    let pass: Pass
    /// f, float64 `[N, K]`, of images `[N, H, W, C]`.
    let function: (Variable, Pass) -> Variable
    private let derivative: (Tensor, Tensor, Pass) -> Variable

    /// - Parameter derivative: ∇f_k(x)·d, float64 `[N, K]`, of x and d.
    public init(
        _ pass: Pass, function: @escaping (Variable, Pass) -> Variable,
        derivative: @escaping (Tensor, Tensor, Pass) -> Variable
    ) {
        self.pass = pass.keepingStatistics()
        self.function = function
        self.derivative = derivative
    }

    var backend: any Backend { pass.backend }

    /// ∇f_k(x)·d, float64 `[N, K]`, with gradients for the parameters.
    func directionalDerivative(at x: Tensor, along d: Tensor) -> Variable { derivative(x, d, pass) }

    /// ∇ₓ Σ_k f_k(x), `[N, H, W, C]`.
    func inputGradient(at x: Tensor) -> Tensor {
        let fixed = Pass(
            pass.store, on: Tape(backend), mode: pass.mode, trainable: false, movesStatistics: false)
        let point = fixed.tape.variable(x)
        fixed.tape.backward(from: function(point, fixed).sum(.all))
        return point.gradient ?? backend.zerosLike(x)
    }
}
