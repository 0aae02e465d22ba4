import Gradients
import Networks
import Tensors

/// An exact density q with one-pass sampling, both differentiable for its parameters: what flow contrastive estimation asks
/// of its noise distribution. Gao et al. 2020, section 3.2.
///
/// Data are `[N, H, W, C]`, points `[N, 1, 1, 2]`. Densities are of x as given, pixels on [−½, ½).
public protocol Flow: AnyObject, Sendable {
    /// All parameters; names are those of checkpoints.
    var store: ParameterStore { get }
    /// Elements of one datum.
    var dimensions: Int { get }

    /// Starts what depends on data from a batch, before training.
    func initialize(with batch: Tensor)

    /// log q(x) in nats, float64 `[N]`.
    func logDensity(_ x: Variable, _ pass: Pass) -> Variable

    /// Samples x from noise that the key draws, of standard deviation `temperature`, and their log q in nats, `[N]`, carried
    /// along. Gradients reach the parameters through both.
    func sample(_ count: Int, key: RandomKey, temperature: Double, _ pass: Pass) -> (
        x: Variable, logDensity: Variable
    )

    /// A frozen copy: the same structure, its own parameters.
    func duplicate() -> Self
}
