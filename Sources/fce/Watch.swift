import ArgumentParser
import Foundation
import Reports
import Runs
import System

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a running or finished run is doing, from its files.",
        discussion: """
            Examples:
              fce watch Runs/svhn10k-500-fce/seed-1
              fce watch Runs/svhn10k-500-fce
              ssh host fce watch FlowContrast/Runs --once

            Shows the phase, its step and rate, when phase and run will end, the last
            measures with their curves, and how long ago anything was written; of a run
            that stopped, what continues it. Of a folder of several runs it shows a line
            each. Only files are read: it works beside the training, after it, and over a
            network's file system.

            On a terminal the picture is renewed until no run is training, or Ctrl-C;
            with --once, and into a pipe, it is printed once.
            """)

    @Argument(help: "A run directory, or a folder of them: seeds, or a table's runs.", completion: .directory)
    var path: String

    @Flag(help: "Print once.")
    var once = false

    @Option(help: ArgumentHelp("Seconds between looks.", valueName: "s"))
    var every = 2.0

    @Flag(help: "Print a JSON array with an object for each run, once.")
    var json = false

    func validate() throws {
        if !(every >= 0.1 && every <= 3600) { throw ValidationError("--every takes 0.1 to 3600 seconds.") }
    }

    func run() throws {
        var watches = try found()
        if json { return try Console.printJSON(watches.map(WatchRecord.init)) }
        guard !once, Terminal.isTerminal(STDOUT_FILENO) else {
            return print(lines(watches, width: Console.width ?? 100).joined(separator: "\n"))
        }
        var block = TerminalBlock()
        while isGoingOn(watches) {
            let (width, height) = Terminal.size(STDOUT_FILENO) ?? (80, 24)
            print(
                block.drawing(lines(watches, width: width - 1), width: width, height: height), terminator: "")
            try Console.finish()
            usleep(UInt32(1e6 * every))
            watches = try found(watches)
        }
        // The last picture stays, with commands that can be copied whole.
        let width = Console.width ?? 80
        print(block.removal(width: width) + lines(watches, width: width).joined(separator: "\n"))
    }

    /// The runs that are there, those of `known` as they are now.
    private func found(_ known: [RunWatch] = []) throws -> [RunWatch] {
        let runs = ResultFiles.runs(path)
        guard !runs.isEmpty else {
            throw UserError(
                .missing, try Files.find(path) ? "no run here" : "does not exist",
                at: path, advice: "name a run directory, or a folder of them, such as Runs")
        }
        return try runs.map { files in
            guard var watch = known.first(where: { $0.files.path == files.path }) else {
                return try RunWatch(files)
            }
            try watch.look()
            return watch
        }
    }

    /// Between two cells of a table no run is training for some seconds.
    private func isGoingOn(_ watches: [RunWatch]) -> Bool {
        let pause = watches.count > 1 || watches[0].files.path != path ? 30.0 : 0
        return watches.contains { $0.sighting.state.isTraining }
            || pause > 0 && watches.contains { $0.sighting.isCell && $0.sighting.silence < pause }
    }

    private func lines(_ watches: [RunWatch], width: Int) -> [String] {
        if watches.count == 1 { return WatchPage(watches[0]).lines(width: width) }
        let labels = watches.map { "\($0.sighting.recipe), seed \($0.sighting.seed)" }
        let column = labels.map { TerminalText.width($0) }.max() ?? 0
        let rows = zip(labels, watches).map { label, watch in
            TerminalText.padded(label, to: column + 2) + WatchPage(watch).line
        }
        let states = watches.map(\.sighting.state)
        let counts = [
            "\(watches.count) runs", "\(states.count { $0 == .finished }) finished",
            "\(states.count(where: \.isTraining)) training",
        ]
        let rest = watches.compactMap(\.sighting.rest).max()
        let end = rest.map { ", the longest of these ends in \(clockTime($0))" } ?? ""
        return rows + [counts.joined(separator: ", ") + end]
    }
}
