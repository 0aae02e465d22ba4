import ArgumentParser
import Datasets
import Experiments
@preconcurrency import Foundation
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

    /// A line on standard error, without what would steer a terminal.
    static func error(_ line: String) {
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
    static func printJSON(_ value: some Encodable) throws { print(try jsonText(value)) }

    /// Lines of a name and a value, the values under each other.
    static func printPairs(_ pairs: [(name: String, value: String)]) {
        let width = pairs.map(\.name.count).max() ?? 0
        for (name, value) in pairs {
            print(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
        }
    }

    /// Columns under their titles, those of `left` aligned to the left.
    static func printTable(_ titles: [String], _ rows: [[String]], left: Set<Int> = [0]) {
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [titles] + rows {
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                guard left.contains(column) else { return space + cell.0 }
                return column == widths.count - 1 ? cell.0 : cell.0 + space
            }
            print(cells.joined(separator: "  "))
        }
    }

    /// `value` with a fixed number of digits; a dash where there is none, or no number.
    static func fixed(_ value: Double?, _ digits: Int, _ unit: String = "") -> String {
        guard let value, !value.isNaN else { return "–" }
        return String(format: "%.\(digits)f", value) + (unit.isEmpty ? "" : " " + unit)
    }

    /// A share in 0...1 as percent.
    static func percent(_ share: Double?) -> String { fixed(share.map { 100 * $0 }, 2, "%") }
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
