import Dispatch
import Synchronization

/// Independent work on several threads, with the outcome that one thread would have had.
package enum Parallel {
    /// Calls `body` with every index below `count`, on as many threads as `threads`.
    ///
    /// - Throws: the error of the lowest index whose call throws. All calls below that index have been made; those above it
    ///   may have been.
    package static func forEach(
        _ count: Int, threads: Int, _ body: @Sendable (Int) throws(UserError) -> Void
    ) throws(UserError) {
        let next = Atomic(0)
        let first = Mutex<(index: Int, error: UserError)?>(nil)
        withoutActuallyEscaping(body) { body in
            DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
                while true {
                    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    // Indices are handed out in their order, so that every one below a failed index has been taken.
                    guard index < count, first.withLock({ $0 == nil }) else { return }
                    do throws(UserError) {
                        try body(index)
                    } catch {
                        first.withLock { found in
                            if found.map({ index < $0.index }) ?? true { found = (index, error) }
                        }
                    }
                }
            }
        }
        if let failure = first.withLock({ $0 }) { throw failure.error }
    }

    /// What two functions return that run at the same time.
    /// - Throws: the error of the first function, else that of the second.
    package static func both<First: Sendable, Second: Sendable>(
        _ first: @Sendable () throws(UserError) -> First, _ second: @Sendable () throws(UserError) -> Second
    ) throws(UserError) -> (First, Second) {
        let results = Mutex<(First?, Second?)>((nil, nil))
        try forEach(2, threads: 2) { index throws(UserError) in
            if index == 0 {
                let value = try first()
                results.withLock { $0.0 = value }
            } else {
                let value = try second()
                results.withLock { $0.1 = value }
            }
        }
        guard case (let first?, let second?) = results.withLock({ $0 }) else {
            preconditionFailure("a function that throws nothing returns")
        }
        return (first, second)
    }
}
