import Dispatch
import Synchronization

/// A value that is computed on another thread while its owner does something else.
package final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)
    private let work = DispatchGroup()

    package init(_ compute: @escaping @Sendable () -> Value) {
        DispatchQueue.global().async(group: work) { [self] in
            let value = compute()
            result.withLock { $0 = value }
        }
    }

    /// The value, once it is there.
    package var value: Value {
        work.wait()
        guard let value = result.withLock({ $0 }) else { preconditionFailure("the work has ended") }
        return value
    }
}
