import Foundation
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a flag that training polls, so that it writes a checkpoint before it leaves. A second
/// SIGINT or SIGTERM ends the process at once. SIGHUP does not, for a terminal that closes often sends several signals.
public enum Interruption {
    private static let received = Atomic<Int32>(0)
    private static let isPatient = Atomic<Bool>(false)

    /// What is said by a process that ends at once.
    private static let farewell = Mutex("interrupted")

    /// Installs the handlers; call once, early, from the command line's main thread.
    ///
    /// - Parameters:
    ///   - text: what ``endingAtOnce(_:)`` says.
    ///   - isRank: whether the process is one of several ranks. Launchers and schedulers then send a signal twice, so that only a
    ///     second SIGINT ends the process at once; and SIGUSR1 counts as SIGTERM, because Open MPI's `mpirun` hands on that one
    ///     where it kills the ranks a second after a SIGTERM.
    public static func install(farewell text: String = "interrupted", isRank: Bool = false) {
        farewell.withLock { $0 = text }
        // Reading the flags here initialises them: a signal handler must not.
        _ = received.load(ordering: .relaxed)
        isPatient.store(isRank, ordering: .relaxed)
        // `nohup` starts a program with SIGHUP ignored, and so it stays.
        let handled =
            (isIgnored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]) + (isRank ? [SIGUSR1] : [])
        for number in handled {
            Glibc.signal(number) { number in
                let number = number == SIGUSR1 ? SIGTERM : number
                let previous = Interruption.received.exchange(number, ordering: .relaxed)
                if Interruption.isPatient.load(ordering: .relaxed), number != SIGINT { return }
                if previous != 0, previous != SIGHUP, number != SIGHUP { _exit(128 + number) }
            }
        }
        // Who reads the progress may leave; what is trained must not be lost for that.
        Glibc.signal(SIGPIPE, SIG_IGN)
        // A parent that starts its children from a thread with blocked signals, as Dispatch's are, hands that on.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in handled { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Stops training as the signal does; nothing after a signal has come.
    package static func request(_ number: Int32) {
        _ = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
    }

    /// Stops training as SIGTERM does when the process `parent` has ended, however it ended: nobody would take note
    /// of what a worker without it does.
    public static func follow(parent: Int32) {
        Thread.detachNewThread {
            while getppid() == parent { usleep(500_000) }
            request(SIGTERM)
        }
    }

    /// Does work of which nothing is lost: reading data, measuring speed. A signal ends the process at once, as one that
    /// nobody handles does, and not when the work is done.
    public static func endingAtOnce<Value>(_ work: () throws -> Value) rethrows -> Value {
        let guarded = GuardedWork()
        Thread.detachNewThread { guarded.watch() }
        defer { guarded.end() }
        return try work()
    }

    private final class GuardedWork: Sendable {
        private let isOver = Mutex(false)

        func end() { isOver.withLock { $0 = true } }

        /// Ends the process after a signal, unless the work has ended before.
        func watch() {
            while true {
                let isDone = isOver.withLock { isOver in
                    if !isOver, let code = exitCode {
                        let text = farewell.withLock { $0 }
                        if !text.isEmpty { ProgressLog.writeError(text + "\n") }
                        _exit(code)
                    }
                    return isOver
                }
                if isDone { return }
                usleep(50_000)
            }
        }
    }

    /// True once a signal has come.
    public static var isRequested: Bool { signal != 0 }

    /// The signal that has come; 0 before one came.
    package static var signal: Int32 { received.load(ordering: .relaxed) }

    /// What a shell expects of a process ended by the signal: 128 + its number; nil before one came.
    public static var exitCode: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }
}
