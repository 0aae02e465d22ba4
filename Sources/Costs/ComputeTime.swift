import Glibc

/// Time that a piece of work takes: by the clock on the wall, and of all processors together.
public struct ComputeTime: Codable, Sendable, Equatable {
    public var seconds: Double
    /// Processor time of the process, which a busy machine hardly changes.
    public var processorSeconds: Double

    public static let zero = ComputeTime(seconds: 0, processorSeconds: 0)

    public init(seconds: Double, processorSeconds: Double) {
        self.seconds = seconds
        self.processorSeconds = processorSeconds
    }

    public static func + (first: Self, second: Self) -> Self {
        Self(
            seconds: first.seconds + second.seconds,
            processorSeconds: first.processorSeconds + second.processorSeconds)
    }

    public static func += (first: inout Self, second: Self) { first = first + second }

    public static func * (factor: Double, time: Self) -> Self {
        Self(seconds: factor * time.seconds, processorSeconds: factor * time.processorSeconds)
    }

    package static func sum(_ times: some Sequence<Self>) -> Self { times.reduce(.zero, +) }

    /// What `body` takes.
    package static func of(_ body: () throws -> Void) rethrows -> Self {
        let before = now
        try body()
        let after = now
        return Self(
            seconds: after.seconds - before.seconds,
            processorSeconds: after.processorSeconds - before.processorSeconds)
    }

    /// The median of several executions of `body`, after one that warms caches: as many as fit into `budget` seconds, at
    /// least one.
    package static func median(budget: Double, _ body: () throws -> Void) rethrows -> Self {
        let first = try of(body)
        var times: [Self] = []
        repeat {
            times.append(try of(body))
        } while times.count < 15 && first.seconds + sum(times).seconds < budget
        func middle(_ part: KeyPath<Self, Double>) -> Double {
            times.map { $0[keyPath: part] }.sorted()[times.count / 2]
        }
        return Self(seconds: middle(\.seconds), processorSeconds: middle(\.processorSeconds))
    }

    /// Since moments of no meaning: only differences tell something.
    package static var now: Self {
        func seconds(_ clock: clockid_t) -> Double {
            var time = timespec()
            clock_gettime(clock, &time)
            return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
        }
        return Self(
            seconds: seconds(CLOCK_MONOTONIC), processorSeconds: seconds(CLOCK_PROCESS_CPUTIME_ID))
    }
}
