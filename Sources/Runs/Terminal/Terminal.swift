import Foundation

/// The terminal behind a descriptor.
public enum Terminal {
    /// Whether the descriptor is a terminal that understands control sequences.
    public static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Columns and rows as they are now: a window may have changed since. Nil where nobody knows.
    public static func size(_ descriptor: Int32) -> (width: Int, height: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// Lines at a terminal's end that their next version overwrites.
///
/// Every line keeps to the window's width as it is when the line is written. The last column stays free: some terminals
/// break the line there.
public struct TerminalBlock {
    /// Columns of each line that stands there.
    private var drawn: [Int] = []

    public init() {}

    public var isEmpty: Bool { drawn.isEmpty }

    /// What removes the block and leaves the cursor where it began.
    ///
    /// - Parameter width: of the window now. Where that has become narrower, the terminal has broken the lines.
    public mutating func removal(width: Int) -> String {
        let rows = drawn.reduce(0) { $0 + Self.rows($1, width) }
        drawn = []
        return rows > 0 ? "\u{1B}[\(rows)A\r\u{1B}[J" : ""
    }

    /// What puts `lines` in the place of the block. Of more lines than the window has, the first and the last one are shown.
    public mutating func drawing(_ lines: [String], width: Int, height: Int) -> String {
        let shown =
            lines.count < height ? lines : Array(lines.prefix(max(0, height - 2)) + lines.suffix(1))
        let cut = shown.map { TerminalText.cut($0, to: max(1, width - 1)) }
        let removal = removal(width: width)
        drawn = cut.map { TerminalText.width($0) }
        return removal + cut.map { $0 + "\n" }.joined()
    }

    /// Rows that a line of so many columns takes in a window.
    package static func rows(_ columns: Int, _ width: Int) -> Int {
        max(1, (columns + max(1, width) - 1) / max(1, width))
    }
}
