import Foundation
import System

/// What a worker has printed.
package struct WorkerLog {
    private let path: String
    private let text: String

    /// The part of the log at `path` from the byte `start` on.
    package init(_ path: String, from start: Int) {
        self.path = path
        text = String(decoding: (Files.contents(path) ?? []).dropFirst(start), as: UTF8.self)
    }

    /// The lines of the log at `path`, none where there is no log.
    package static func lines(of path: String) -> [Substring] {
        String(decoding: Files.contents(path) ?? [], as: UTF8.self).split(whereSeparator: \.isNewline)
    }

    /// Why the worker has failed, on one line.
    package func reason(of end: WorkerProcess.End) -> String {
        let prefix = "fce: error: "
        switch end {
        case .killed(let signal):
            return "killed by signal \(signal); repeat the command to go on from its last checkpoint"
        case .exited(129), .exited(130), .exited(143):
            return "stopped by a signal after a checkpoint; repeat the command to go on"
        case .exited(let code):
            let error = text.split(separator: "\n").last { $0.hasPrefix(prefix) }
            return error.map { String($0.dropFirst(prefix.count)) } ?? "exit code \(code), see \(path)"
        }
    }
}
