import ArgumentParser
import Datasets
import Evaluation
import Flows
import Runs
import System

struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw images from a run's flow, or from a GAN's generator, into one picture.",
        discussion: """
            Examples:
              fce sample Runs/svhn10k-500-fce/seed-1 --out samples.png
              fce sample Runs/svhn10k-500-fce/seed-1 --out calm.png --count 100 --temperature 0.7 --seed 2
              fce sample Runs/svhn10k-probe-fce/seed-1 --out figure6.png --phase 1 --phase 3 \\
                --temperature 0.7 --temperature 1

            With several phases or temperatures the picture holds a grid of samples for each:
            phases from top to bottom, temperatures from left to right, everywhere from the
            same latent variables. The last example sets Glow-MLE above Glow-FCE, as the
            paper's figures 6 to 8 do.
            """)

    @OptionGroup var runArgument: RunArgument

    @Option(help: ArgumentHelp("The picture to write: a name that ends in .png or .jpg.", valueName: "file"))
    var out: String

    @Option(help: "Number of images.")
    var count = 64

    @Option(
        name: .customLong("temperature"),
        help: "Factor on the standard deviation of the flow's latent variables; repeatable.")
    var temperatures: [Double] = [1]

    @Option(help: "Of the draw: a seed always gives the same picture.")
    var seed = 1

    @Option(
        name: .customLong("phase"),
        help:
            "Use the weights at the end of this phase, counted from 1; repeatable; by default the last that ended."
    )
    var phases: [Int] = []

    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if !Picture.isWritable(as: out) {
            throw ValidationError("--out takes a name that ends in .png or .jpg.")
        }
        if !(1...10_000).contains(count) { throw ValidationError("--count takes 1 to 10000.") }
        if !temperatures.allSatisfy({ $0 >= 0 && $0.isFinite }) {
            throw ValidationError("--temperature takes a number of at least 0.")
        }
        if seed < 0 { throw ValidationError("A seed is at least 0.") }
    }

    func run() throws {
        let shown: [Int?] = phases.isEmpty ? [nil] : phases
        let rows = try shown.map(grids(ofPhase:))
        let grid = SampleGrid(rows: rows)
        try grid.picture.write(to: out)
        let number = rows.count * temperatures.count
        print(
            "\(out): \(number == 1 ? "" : "\(number) grids of ")\(count) samples, "
                + "\(percentText(grid.clippedShare)) of the values clipped to 0...255")
    }

    /// A grid a temperature.
    private func grids(ofPhase phase: Int?) throws -> [SampleGrid] {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        return try temperatures.map { try run.sampleGrid(count, seed: seed, temperature: $0) }
    }
}
