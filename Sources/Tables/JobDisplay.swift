import Foundation
import Runs
import System

/// Shows several jobs at once on standard error: a block of lines that rewrites itself on a terminal, elsewhere the
/// same lines once a minute, and events between them.
public final class JobDisplay {
    private let style: ProgressLog.Style
    private let size: () -> (width: Int, height: Int)?
    private let clock: () -> Double
    private let output: (String) -> Void
    private var block = TerminalBlock()
    private var lastWrite: Double

    /// Writes to standard error, in the way that suits it.
    public convenience init(quiet: Bool = false) {
        self.init(
            style: quiet ? .quiet : ProgressLog.detectedStyle(), size: { Terminal.size(STDERR_FILENO) },
            clock: { SystemCall.seconds }, output: ProgressLog.writeError)
    }

    /// `size` of the terminal, which may change; `clock` in seconds.
    package init(
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

    /// Shows the lines that `lines` makes, when it is time for them.
    public func show(_ lines: () -> [String]) {
        let interval: Double = style == .terminal ? 0.2 : 60
        let now = clock()
        guard style != .quiet, now - lastWrite >= interval else { return }
        lastWrite = now
        guard style == .terminal else { return output(lines().map { $0 + "\n" }.joined()) }
        let (width, height) = size() ?? (80, 24)
        output(block.drawing(lines(), width: width, height: height))
    }

    /// Prints a line that stays; not with `--quiet`.
    public func note(_ line: String) { if style != .quiet { print(line) } }

    /// Prints a line that stays, also with `--quiet`.
    public func warn(_ line: String) { print(line) }

    /// Removes the block; call before other writers use the terminal.
    public func end() {
        if !block.isEmpty { output(removal) }
    }

    private func print(_ line: String) {
        output(removal + line + "\n")
        // The block is due again at once.
        if style == .terminal { lastWrite = -.infinity }
    }

    private var removal: String { block.removal(width: size()?.width ?? 80) }
}
