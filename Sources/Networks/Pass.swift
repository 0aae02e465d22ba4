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
    /// The shard whose rows the pass is of, counted among those of this rank; nil where it is of whole batches.
    let shard: Int?
    private let trainable: Bool
    /// Whether parameters receive gradients.
    var isTrainable: Bool { trainable }
    private let bindings: Bindings

    /// The leaves of one store on one tape, shared by passes that differ in mode only. A shard has leaves of its own: their
    /// gradients are shares of a sum.
    private final class Bindings {
        var leaves: [String: Variable] = [:]
        var ofShards: [Int: [String: Variable]] = [:]
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
            store, on: tape, mode: mode, trainable: trainable, movesStatistics: movesStatistics, shard: nil,
            bindings: Bindings())
    }

    private init(
        _ store: ParameterStore, on tape: Tape, mode: Mode, trainable: Bool, movesStatistics: Bool,
        shard: Int?, bindings: Bindings
    ) {
        self.store = store
        self.tape = tape
        self.mode = mode
        self.trainable = trainable
        self.movesStatistics = movesStatistics
        self.shard = shard
        self.bindings = bindings
    }

    /// A pass on the same leaves in another mode; gradients of both add up.
    public func sharingParameters(mode: Mode) -> Pass { sharingParameters(mode, movesStatistics) }

    /// The same pass for further evaluations of an update, which leave running averages alone.
    public func keepingStatistics() -> Pass { sharingParameters(mode, false) }

    private func sharingParameters(_ mode: Mode, _ movesStatistics: Bool) -> Pass {
        sharingParameters(mode, movesStatistics, shard: shard)
    }

    private func sharingParameters(_ mode: Mode, _ movesStatistics: Bool, shard: Int?) -> Pass {
        Pass(
            store, on: tape, mode: mode, trainable: trainable, movesStatistics: movesStatistics, shard: shard,
            bindings: bindings)
    }

    /// The pass for the rows of a shard. Statistics that a layer keeps follow in the first one only.
    func ofShard(_ index: Int, rows: [Range<Int>]) -> Pass {
        sharingParameters(mode.of(rows), movesStatistics && index == 0, shard: index)
    }

    /// The ranks that have rows of this pass's batch.
    var ranks: World {
        guard shard != nil else { return .alone }
        precondition(
            backend.world.own.count == 1, "statistics of a batch of which a rank has several shards")
        return backend.world
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
        let known = shard.map { bindings.ofShards[$0]?[name] } ?? bindings.leaves[name]
        if let known { return known }
        let variable = trainable ? tape.variable(store[name]) : tape.constant(store[name])
        if let shard {
            bindings.ofShards[shard, default: [:]][name] = variable
        } else {
            bindings.leaves[name] = variable
        }
        return variable
    }

    /// The gradient of all parameters in the store's order, `[count]`; zero where the loss did not reach. Every rank has the
    /// gradient of what all have computed: the sum of all shards' shares, and what every rank has computed whole, once.
    public func gradient() -> Tensor {
        let whole = flat(bindings.leaves)
        guard !bindings.ofShards.isEmpty else { return whole }
        let shares = (0..<backend.world.own.count).map { flat(bindings.ofShards[$0] ?? [:]) }
        let sum = backend.addShards(shares)
        guard bindings.leaves.values.contains(where: { $0.gradient != nil }) else { return sum }
        return backend.combine(.add, sum, whole, .elementwise)
    }

    private func flat(_ leaves: [String: Variable]) -> Tensor {
        let flat = backend.zerosLike(store.values)
        for (name, variable) in leaves {
            guard let gradient = variable.gradient else { continue }
            let view = store[name]
            let start = view.offset - store.values.offset
            backend.copy(gradient, into: flat.view(from: start, shape: view.shape))
        }
        return flat
    }
}
