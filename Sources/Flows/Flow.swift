import Gradients
import Networks
import System
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

    /// Sets the parameters to the maximum of the likelihood of examples `[N, H, W, C]`. Nil for a flow that learns by gradients,
    /// as those of one's own do unless they say otherwise.
    var closedFormFit: ((_ examples: Tensor) throws -> Void)? { get }

    /// What the seed has drawn and nobody trains, by the names that checkpoints give it, so that other programs need not draw
    /// it; nothing by default.
    var constants: [(name: String, entry: SafetensorsEntry)] { get }
}

extension Flow {
    public var closedFormFit: ((_ examples: Tensor) throws -> Void)? { nil }
    public var constants: [(name: String, entry: SafetensorsEntry)] { [] }

    /// Samples of temperature 1.
    public func sample(_ count: Int, key: RandomKey, _ pass: Pass) -> (x: Variable, logDensity: Variable) {
        sample(count, key: key, temperature: 1, pass)
    }

    /// log q of `[N, H, W, C]`, nats `[N]` on the device, in chunks of 256 to bound memory.
    public func logDensities(_ images: Tensor) -> Tensor {
        let chunks = stride(from: 0, to: images.shape.first, by: 256).map { start in
            let chunk = images.rows(start..<min(start + 256, images.shape.first))
            let pass = Pass.inference(store)
            return logDensity(pass.constant(chunk), pass).value
        }
        return chunks.count == 1 ? chunks[0] : store.backend.stacked(chunks)
    }
}
