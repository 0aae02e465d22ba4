import Networks
import Tensors

/// A model that a method has beside flow and energy, such as a generator.
public final class Companion {
    /// Checkpoints hold its parameters as `NAME.PARAMETER`.
    public let name: String
    public let model: AnyObject
    public let store: ParameterStore
    /// Samples `[count, H, W, C]` of the trained model; nil for a model that draws none.
    public let samples: ((_ count: Int, _ key: RandomKey) -> Tensor)?
    /// Whether a phase has initialised it. Only then are samples drawn of it. Checkpoints hold it as `NAMEIsInitialized`.
    public internal(set) var isInitialized = false

    public init(
        _ name: String, _ model: AnyObject, _ store: ParameterStore,
        samples: ((_ count: Int, _ key: RandomKey) -> Tensor)? = nil
    ) {
        (self.name, self.model, self.store, self.samples) = (name, model, store, samples)
    }
}
