import Foundation
import Synchronization

/// SIGINT and SIGTERM as a flag that training polls, so that it writes a checkpoint before it leaves. A second
/// signal ends the process at once.
public enum Interruption {
    private static let received = Atomic<Int32>(0)

    /// Installs the handlers; call once, early, from the command line's main thread.
    public static func install() {
        // Reading the flag here initialises it: a signal handler must not.
        _ = received.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                let previous = Interruption.received.exchange(number, ordering: .relaxed)
                if previous != 0 { _exit(128 + number) }
            }
        }
        // A parent that starts its children from a thread with blocked signals, as Dispatch's are, hands that on.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Stops training as the signal does; nothing after a signal has come.
    static func request(_ number: Int32) {
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

    /// True once a signal has come.
    public static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

    /// What a shell expects of a process ended by the signal: 128 + its number; nil before one came.
    public static var exitCode: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }
}
