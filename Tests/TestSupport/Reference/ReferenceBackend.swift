import Synchronization
import Tensors

/// Every kernel of ``Backend`` as its plain definition, in float64: what the product's kernels are tested against.
///
/// It stores every floating type as float64, whatever type was asked for; int32 stays int32. Slow on purpose,
/// quick enough to run whole small models.
public final class ReferenceBackend: Backend {
    public var real: ScalarType { .float64 }
    public var reduced: ScalarType { .float64 }

    public let world: World
    private let ledger = Ledger()

    public init(world: World = .alone) { self.world = world }

    /// The type in which elements of `type` are kept here.
    func stored(_ type: ScalarType) -> ScalarType { type == .int32 ? .int32 : .float64 }

    public func allocate(_ shape: Shape, _ type: ScalarType) -> Tensor {
        let type = stored(type)
        return Tensor(
            storage: ReferenceStorage(shape.count, of: type, ledger), shape: shape, type: type)
    }

    public var threads: Int { 1 }
    public var summary: [(name: String, value: String)] { [("backend", "reference, float64")] }
    public var memory: (held: Int, peak: Int) { ledger.bytes }
    public func resetPeak() { ledger.resetPeak() }
}

/// Elements as float64, whatever their type.
final class ReferenceStorage: Storage, @unchecked Sendable {
    var elements: [Double]
    private let ledger: Ledger

    /// Uninitialised memory: results that nobody wrote are NaN.
    fileprivate init(_ count: Int, of type: ScalarType, _ ledger: Ledger) {
        elements = [Double](repeating: .nan, count: count)
        self.ledger = ledger
        super.init(byteCount: count * type.byteCount)
        ledger.add(byteCount)
    }

    deinit { ledger.add(-byteCount) }
}

extension Tensor {
    /// The storage of a tensor of the reference backend.
    var reference: ReferenceStorage {
        guard let storage = storage as? ReferenceStorage else {
            preconditionFailure("a tensor of another backend than the reference")
        }
        return storage
    }
}

/// Counts the bytes in use.
private final class Ledger: Sendable {
    private let state = Mutex((held: 0, peak: 0))

    var bytes: (held: Int, peak: Int) { state.withLock { $0 } }

    func add(_ byteCount: Int) {
        state.withLock {
            $0.held += byteCount
            $0.peak = max($0.peak, $0.held)
        }
    }

    func resetPeak() { state.withLock { $0.peak = $0.held } }
}
