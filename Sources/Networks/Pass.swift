import Gradients
import Tensors

/// One evaluation of a model: binds its parameters to a tape and says in which mode its layers run.
///
/// Models are written forward only, as functions of (input, pass). Applying a model twice in one pass shares
/// its parameters; equal dropout keys give equal masks.
public final class Pass {
    public enum Mode: Sendable {
        /// Dropout on, drawn from the key.
        case train(dropout: RandomKey)
        /// Dropout off.
        case evaluate
        /// Layers with data-dependent initialisation set themselves from the batch, with dropout where a key is given.
        case initialize(dropout: RandomKey? = nil)

        /// The key of dropout masks; nil turns dropout off.
        public var dropout: RandomKey? {
            switch self {
            case .train(let key): key
            case .initialize(let key): key
            case .evaluate: nil
            }
        }
    }

    public let tape: Tape
    public let store: ParameterStore
    public let mode: Mode
    /// Whether batches of this pass move the running averages of batch normalisation.
    public let movesStatistics: Bool
    private let trainable: Bool
    private let bindings: Bindings

    /// The leaves of one store on one tape, shared by passes that differ in mode only.
    private final class Bindings {
        var leaves: [String: Variable] = [:]
    }

    /// - Parameters:
    ///   - store: the parameters.
    ///   - tape: records what the model computes.
    ///   - mode: whether layers train, evaluate or initialise themselves.
    ///   - trainable: whether parameters receive gradients.
    ///   - movesStatistics: whether running averages follow, where the mode is one of training.
    public convenience init(
        _ store: ParameterStore, on tape: Tape, mode: Mode, trainable: Bool, movesStatistics: Bool = true
    ) {
        self.init(
            store, on: tape, mode: mode, trainable: trainable, movesStatistics: movesStatistics,
            bindings: Bindings())
    }

    private init(
        _ store: ParameterStore, on tape: Tape, mode: Mode, trainable: Bool, movesStatistics: Bool,
        bindings: Bindings
    ) {
        self.store = store
        self.tape = tape
        self.mode = mode
        self.trainable = trainable
        self.movesStatistics = movesStatistics
        self.bindings = bindings
    }

    /// A pass on the same leaves in another mode; gradients of both add up.
    public func sharingParameters(mode: Mode) -> Pass { sharingParameters(mode, movesStatistics) }

    /// The same pass for further evaluations of an update, which leave running averages alone.
    public func keepingStatistics() -> Pass { sharingParameters(mode, false) }

    private func sharingParameters(_ mode: Mode, _ movesStatistics: Bool) -> Pass {
        Pass(
            store, on: tape, mode: mode, trainable: trainable, movesStatistics: movesStatistics,
            bindings: bindings)
    }

    /// A pass on its own tape without gradients.
    public static func inference(_ store: ParameterStore) -> Pass {
        Pass(store, on: Tape(store.backend), mode: .evaluate, trainable: false)
    }

    public var backend: any Backend { tape.backend }

    public var isInitializing: Bool {
        if case .initialize = mode { true } else { false }
    }

    public func constant(_ value: Tensor) -> Variable { tape.constant(value) }

    /// The leaf of a parameter, the same one at every call.
    public func parameter(_ name: String) -> Variable {
        if let variable = bindings.leaves[name] { return variable }
        let variable = trainable ? tape.variable(store[name]) : tape.constant(store[name])
        bindings.leaves[name] = variable
        return variable
    }

    /// The gradient of all parameters in the store's order, `[count]`; zero where the loss did not reach.
    public func gradient() -> Tensor {
        let flat = backend.zerosLike(store.values)
        for (name, variable) in bindings.leaves {
            guard let gradient = variable.gradient else { continue }
            let view = store[name]
            let start = view.offset - store.values.offset
            backend.copy(gradient, into: flat.view(from: start, shape: view.shape))
        }
        return flat
    }
}
