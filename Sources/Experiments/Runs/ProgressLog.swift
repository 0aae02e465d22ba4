import Datasets
import Foundation
import Logging
import Synchronization

/// The one place that writes to standard error while a run goes on: a line of progress that rewrites itself on
/// a terminal, plain lines every ten seconds elsewhere, and messages between them.
public final class ProgressLog: Sendable {
    enum Style: Equatable, Sendable {
        /// Warnings only.
        case quiet
        case lines
        /// With the terminal's columns.
        case terminal(width: Int)
    }

    private struct State {
        /// Whether a line of progress stands on the terminal's last line.
        var isLineOpen = false
        var lastWrite: Double?
        var rate = ProgressRate()
    }

    private let style: Style
    private let clock: @Sendable () -> Double
    private let output: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Writes to standard error, in the way that suits it.
    public convenience init(quiet: Bool = false) {
        self.init(
            style: quiet ? .quiet : Self.detectedStyle(),
            clock: { SystemCall.seconds }, output: Self.writeError)
    }

    /// `clock` in seconds.
    init(style: Style, clock: @escaping @Sendable () -> Double, output: @escaping @Sendable (String) -> Void)
    {
        self.style = style
        self.clock = clock
        self.output = output
    }

    /// Nothing can be done where standard error is closed.
    @Sendable static func writeError(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { SystemCall.writeAll($0, to: STDERR_FILENO) }
    }

    static func detectedStyle() -> Style {
        guard isatty(STDERR_FILENO) == 1 else { return .lines }
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return .terminal(width: isKnown ? Int(size.ws_col) : 80)
    }

    /// Shows where training stands. Cheap to call at every step: it writes five times a second on a terminal,
    /// else every ten seconds and at the last step of a phase.
    public func update(_ status: ProgressStatus) {
        guard style != .quiet else { return }
        let now = clock()
        state.withLock { state in
            let (rate, isNew) = state.rate.update(status, at: now)
            let isLast = status.step >= status.steps
            let isDue = state.lastWrite.map { now - $0 >= interval } ?? true
            guard isDue || isLast || isNew else { return }
            state.lastWrite = now
            write(status.line(rate: rate), isLast: isLast, &state)
        }
    }

    private var interval: Double { if case .terminal = style { 0.2 } else { 10 } }

    private func write(_ line: String, isLast: Bool, _ state: inout State) {
        guard case .terminal(let width) = style else { return output(line + "\n") }
        // The last column stays free: some terminals break the line there.
        output("\r\u{1B}[K" + line.prefix(max(1, width - 1)) + (isLast ? "\n" : ""))
        state.isLineOpen = !isLast
    }

    /// Prints a message on a line of its own; not with `--quiet`.
    public func note(_ message: String) {
        if style != .quiet { print(message) }
    }

    /// Prints a warning, also with `--quiet`.
    public func warn(_ message: String) { print("warning: \(message)") }

    /// Ends an open line of progress; call before other writers use the terminal.
    public func end() {
        state.withLock { state in
            if state.isLineOpen { output("\n") }
            state.isLineOpen = false
        }
    }

    private func print(_ message: String) {
        state.withLock { state in
            let clear = state.isLineOpen ? "\r\u{1B}[K" : ""
            state.isLineOpen = false
            output("\(clear)\(message)\n")
        }
    }

    /// A swift-log logger whose messages appear between the lines of progress.
    public func logger(label: String) -> Logger {
        Logger(label: label) { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: ProgressLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let extra = metadata.merging(event.metadata ?? [:]) { $1 }
                .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            let text = "\(event.message)\(extra)"
            if event.level >= .warning { log.warn(text) } else { log.note(text) }
        }
    }
}
