import Datasets
import Foundation

/// Shows several jobs at once on standard error: a block of lines that rewrites itself on a terminal, elsewhere the
/// same lines once a minute, and events between them.
public final class JobDisplay {
    private let style: ProgressLog.Style
    private let size: () -> (width: Int, height: Int)?
    private let clock: () -> Double
    private let output: (String) -> Void
    /// Lines of the block that stand on the terminal.
    private var drawn = 0
    private var lastWrite: Double

    /// Writes to standard error, in the way that suits it.
    public convenience init(quiet: Bool = false) {
        self.init(
            style: quiet ? .quiet : ProgressLog.detectedStyle(), size: Self.terminalSize,
            clock: { SystemCall.seconds }, output: ProgressLog.writeError)
    }

    /// `size` of the terminal, which may change; `clock` in seconds.
    init(
        style: ProgressLog.Style, size: @escaping () -> (width: Int, height: Int)? = { nil },
        clock: @escaping () -> Double, output: @escaping (String) -> Void
    ) {
        self.style = style
        self.size = size
        self.clock = clock
        self.output = output
        // Plain lines begin after their first interval: until then the events say all.
        lastWrite = style == .lines ? clock() : -.infinity
    }

    private static func terminalSize() -> (width: Int, height: Int)? {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows the lines that `lines` makes, when it is time for them.
    public func show(_ lines: () -> [String]) {
        let interval: Double = if case .terminal = style { 0.2 } else { 60 }
        let now = clock()
        guard style != .quiet, now - lastWrite >= interval else { return }
        lastWrite = now
        guard case .terminal(let usual) = style else { return output(lines().map { $0 + "\n" }.joined()) }
        // The last line is of the whole. The last column stays free: some terminals break the line there.
        let all = lines()
        let (width, height) = size() ?? (usual, 24)
        let shown = all.count < height ? all : Array(all.prefix(max(0, height - 2)) + all.suffix(1))
        output(cleared + shown.map { $0.prefix(max(1, width - 1)) + "\n" }.joined())
        drawn = shown.count
    }

    /// Prints a line that stays; not with `--quiet`.
    public func note(_ line: String) { if style != .quiet { print(line) } }

    /// Prints a line that stays, also with `--quiet`.
    public func warn(_ line: String) { print(line) }

    /// Removes the block; call before other writers use the terminal.
    public func end() {
        if drawn > 0 { output(cleared) }
        drawn = 0
    }

    private func print(_ line: String) {
        output(cleared + line + "\n")
        drawn = 0
        // The block is due again at once.
        if case .terminal = style { lastWrite = -.infinity }
    }

    /// What takes the cursor back to where the block begins, and removes it.
    private var cleared: String { drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : "" }
}
