import Foundation
import System

/// Holds a run directory for one process. The kernel releases it when the process ends, however it ends.
package final class RunLock: Sendable {
    private let descriptor: Int32

    /// Throws `UserError(.busy)` naming the process that holds the lock.
    package init(path: String) throws {
        let descriptor = Files.open(path, O_RDWR | O_CREAT, mode: 0o644)
        guard descriptor >= 0 else {
            throw UserError(
                .output, "cannot lock: \(SystemCall.reason)", at: path, advice: "choose another --out")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let reason = SystemCall.reason
            close(descriptor)
            guard isHeld else { throw UserError(.output, "cannot lock: \(reason)", at: path) }
            throw UserError(
                .busy, "process \(Self.holder(of: path)) is training in this run directory", at: path,
                advice: "wait for it or choose another --out")
        }
        self.descriptor = descriptor
        // The words only serve the message above: failing to write it does no harm.
        let job = ProcessInfo.processInfo.environment["SLURM_JOB_ID"].map { ", job \($0)" } ?? ""
        let text = Array("\(getpid()) on \(RunSighting.thisHost)\(job)\n".utf8)
        if ftruncate(descriptor, 0) == 0 {
            _ = text.withUnsafeBytes { SystemCall.writeAll($0, to: descriptor) }
        }
    }

    deinit { Self.release(descriptor) }

    /// Gives the lock up at once. Closing alone leaves it to a child process that another thread is just starting, until the child
    /// runs its program.
    private static func release(_ descriptor: Int32) {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether a process holds the lock at `path`.
    package static func isHeld(_ path: String) -> Bool {
        let descriptor = Files.open(path, O_RDWR)
        guard descriptor >= 0 else { return false }
        defer { release(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The process that holds the lock, such as `4711 on node3, job 12`, or `unknown`.
    package static func holder(of path: String) -> String {
        let text = String(decoding: Files.contents(path) ?? [], as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        return line.split(separator: " ").first.flatMap { Int($0) } == nil ? "unknown" : String(line)
    }
}
