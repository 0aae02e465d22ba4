import Foundation
import Logging
import Synchronization
import System

/// The one place that writes to standard error while a run goes on: a line of progress that rewrites itself on
/// a terminal, plain lines every ten seconds elsewhere, and messages between them.
public final class ProgressLog: Sendable {
    package enum Style: Equatable, Sendable {
        /// Nothing: for ranks that leave speaking to another.
        case silent
        /// Warnings only.
        case quiet
        case lines
        case terminal
    }

    private struct State {
        /// Columns of the line of progress that stands at the terminal's end; nil where there is none.
        var open: Int?
        var lastWrite: Double?
        var rate = ProgressRate()
    }

    private let style: Style
    private let width: @Sendable () -> Int
    private let clock: @Sendable () -> Double
    private let output: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Writes to standard error, in the way that suits it.
    public convenience init(quiet: Bool = false, silent: Bool = false) {
        self.init(
            style: silent ? .silent : quiet ? .quiet : Self.detectedStyle(),
            width: { Terminal.size(STDERR_FILENO)?.width ?? 80 }, clock: { SystemCall.seconds },
            output: Self.writeError)
    }

    /// `width` in the terminal's columns, which may change; `clock` in seconds.
    package init(
        style: Style, width: @escaping @Sendable () -> Int = { 80 }, clock: @escaping @Sendable () -> Double,
        output: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.width = width
        self.clock = clock
        self.output = output
    }

    /// Nothing can be done where standard error is closed.
    @Sendable package static func writeError(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { SystemCall.writeAll($0, to: STDERR_FILENO) }
    }

    package static func detectedStyle() -> Style {
        Terminal.isTerminal(STDERR_FILENO) ? .terminal : .lines
    }

    /// Shows where training stands. Cheap to call at every step: it writes five times a second on a terminal,
    /// else every ten seconds and at the last step of a phase.
    public func update(_ status: ProgressStatus) {
        guard isTalkative else { return }
        let now = clock()
        state.withLock { state in
            let pace = state.rate.update(status, at: now)
            let isLast = status.step >= status.steps
            let isDue = state.lastWrite.map { now - $0 >= interval } ?? true
            guard isDue || isLast || pace.isNew else { return }
            state.lastWrite = now
            write(status.line(rate: pace.rate, rest: pace.rest), isLast: isLast, &state)
        }
    }

    /// From now on lines of progress also say when the run will end.
    public func expect(_ forecast: RunForecast?) { state.withLock { $0.rate.forecast = forecast } }

    private var interval: Double { style == .terminal ? 0.2 : 10 }

    private func write(_ line: String, isLast: Bool, _ state: inout State) {
        guard style == .terminal else { return output(line + "\n") }
        let width = width()
        // The last column stays free: some terminals break the line there.
        let line = TerminalText.cut(line, to: max(1, width - 1))
        output(Self.clearing(state.open ?? 0, width) + line + (isLast ? "\n" : ""))
        state.open = isLast ? nil : TerminalText.width(line)
    }

    /// What removes an open line of so many columns. A window that has become narrower since has broken it.
    private static func clearing(_ columns: Int, _ width: Int) -> String {
        let rows = TerminalBlock.rows(columns, width)
        return rows > 1 ? "\u{1B}[\(rows - 1)A\r\u{1B}[J" : "\r\u{1B}[K"
    }

    /// Prints a message on a line of its own; not with `--quiet`.
    public func note(_ message: String) {
        if isTalkative { print(message) }
    }

    /// Prints a warning, also with `--quiet`.
    public func warn(_ message: String) {
        if style != .silent { print("warning: \(message)") }
    }

    private var isTalkative: Bool { style != .silent && style != .quiet }

    /// Ends an open line of progress; call before other writers use the terminal.
    public func end() {
        state.withLock { state in
            if state.open != nil { output("\n") }
            state.open = nil
        }
    }

    private func print(_ message: String) {
        state.withLock { state in
            let clear = state.open.map { Self.clearing($0, width()) } ?? ""
            state.open = nil
            // Names in messages may come from files of strangers.
            output("\(clear)\(PathText.printable(message))\n")
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
