import Foundation
import System

/// A child process of this executable, with its output in a file.
package final class WorkerProcess {
    /// How a process has ended.
    package enum End: Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let id: pid_t
    private var end: End?

    /// Starts `fce` with `arguments`; its output is appended to `log`.
    ///
    /// The child leads a process group of its own, so that Ctrl-C reaches it once, through its parent, and not
    /// twice: a second signal ends training without a checkpoint.
    /// - Throws: `UserError(.output)` when the system gives no process.
    package init(_ arguments: [String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        _ = withSystemPath(log) {
            posix_spawn_file_actions_addopen(
                &actions, STDOUT_FILENO, $0, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var id = pid_t()
        let error = Self.withCStrings(["fce"] + arguments) { words in
            Self.withCStrings(ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }) {
                variables in
                // /proc leads to the running program even when its file has been replaced.
                posix_spawn(&id, "/proc/self/exe", &actions, &attributes, words, variables)
            }
        }
        guard error == 0 else {
            throw UserError(
                .output, "cannot start a worker: \(String(cString: strerror(error)))", at: log,
                advice: "check the folder and the system's limits")
        }
        self.id = id
    }

    /// How the process has ended; nil while it runs.
    package func poll() -> End? {
        if let end { return end }
        var status: Int32 = 0
        var answer = waitpid(id, &status, WNOHANG)
        while answer < 0 && errno == EINTR { answer = waitpid(id, &status, WNOHANG) }
        guard answer != 0 else { return nil }
        let signal = status & 0x7F
        // If there is nothing to wait for, somebody else has taken the status.
        end = answer < 0 ? .exited(-1) : signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
        return end
    }

    package func send(_ signal: Int32) { if end == nil { kill(id, signal) } }

    /// A null-terminated array of C strings, valid during `body`.
    private static func withCStrings<Value>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
