import Synchronization
import Tensors

/// Every kernel of ``Backend`` as its plain definition, in float64: what the product's kernels are tested against.
///
/// It stores every floating type as float64, whatever type was asked for; int32 stays int32. Slow on purpose,
/// quick enough to run whole small models.
public final class ReferenceBackend: Backend {
    public var real: ScalarType { .float64 }
    public var reduced: ScalarType { .float64 }

    private let ledger = Ledger()

    public init() {}

    /// The type in which elements of `type` are kept here.
    func stored(_ type: ScalarType) -> ScalarType { type == .int32 ? .int32 : .float64 }

    public func allocate(_ shape: Shape, _ type: ScalarType) -> Tensor {
        let byteCount = shape.count * stored(type).byteCount
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        ledger.add(byteCount)
        let storage = Storage(base: base, byteCount: byteCount) { [ledger] base, byteCount in
            base.deallocate()
            ledger.add(-byteCount)
        }
        return Tensor(storage: storage, shape: shape, type: stored(type))
    }

    public var summary: [(name: String, value: String)] { [("backend", "reference, float64")] }
    public var memory: (held: Int, peak: Int) { ledger.bytes }
    public func resetPeak() { ledger.resetPeak() }
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
