import ArgumentParser
@preconcurrency import Foundation
import Reports
import Runs
import System
import Tensors

/// What subcommands print: results on standard output, everything else on standard error.
enum Console {
    /// The words that the program was called with, names of files as ``PathText`` writes them.
    static let arguments = (0..<Int(CommandLine.argc)).compactMap { index in
        CommandLine.unsafeArgv[index].map { word in
            PathText.argument(
                UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) })
        }
    }

    /// Whether another rank speaks for this one.
    nonisolated(unsafe) static var isSilent = false

    /// A line on standard error, without what would steer a terminal.
    static func error(_ line: String) {
        guard !isSilent else { return }
        try? FileHandle.standardError.write(contentsOf: Data("\(PathText.printable(line))\n".utf8))
    }

    /// Ends standard output.
    /// - Throws: `UserError(.output)` when not all of it could be written.
    static func finish() throws {
        guard fflush(stdout) == 0, ferror(stdout) == 0 else {
            throw UserError(.output, "standard output cannot be written", advice: "free space")
        }
    }

    static func warn(_ lines: [String]) { for line in lines { error("fce: warning: \(line)") } }

    /// Prints a value as JSON; a number that is not finite is null.
    static func printJSON(_ value: some Encodable) throws { Swift.print(try jsonText(value)) }

    /// Columns of the terminal that standard output is; nil where it is none.
    static var width: Int? {
        guard Terminal.isTerminal(STDOUT_FILENO) else { return nil }
        return Terminal.size(STDOUT_FILENO)?.width ?? 80
    }

    /// A table as whoever reads standard output wants it: aligned on a terminal, else Markdown.
    static func text(of table: some WrittenTable) -> String {
        width.map { table.terminal(width: $0) } ?? table.markdown
    }

    static func print(_ table: some WrittenTable) { Swift.print(text(of: table), terminator: "") }

    /// Lines of a name and a value, the values under each other.
    static func printPairs(_ pairs: [(name: String, value: String)]) {
        let width = pairs.map { TerminalText.width($0.name) }.max() ?? 0
        for (name, value) in pairs { Swift.print(TerminalText.padded(name, to: width + 2) + value) }
    }

    /// Columns under their titles, those of `left` aligned to the left.
    static func printTable(_ titles: [String], _ rows: [[String]], left: Set<Int> = [0]) {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { TerminalText.width($0[column]) }.max() ?? 0
        }
        for row in [titles] + rows {
            let cells = zip(row, widths).enumerated().map { column, cell in
                let isLast = column == widths.count - 1
                guard left.contains(column) else {
                    return TerminalText.padded(cell.0, to: cell.1, isRight: true)
                }
                return isLast ? cell.0 : TerminalText.padded(cell.0, to: cell.1)
            }
            Swift.print(cells.joined(separator: "  "))
        }
    }
}

/// `--threads`, as every command that computes takes it.
struct ThreadOptions: ParsableArguments {
    @Option(help: "Threads to compute on; by default all processors of the process.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes 1 to 1024.")
        }
    }
}

/// The run directory that most commands begin with.
struct RunArgument: ParsableArguments {
    @Argument(help: "The run directory, such as Runs/fashion-mnist-demo/seed-1.", completion: .directory)
    var run: String
}
