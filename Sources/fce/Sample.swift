import ArgumentParser
import Experiments
import Tensors

struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw images from a run's flow, or from a GAN's generator, into one picture.",
        discussion: """
            Examples:
              fce sample Runs/svhn10k-500-fce/seed-1 --out samples.jpg
              fce sample Runs/svhn10k-500-fce/seed-1 --out calm.jpg --count 100 --temperature 0.7 --seed 2
            """)

    @OptionGroup var runArgument: RunArgument

    @Option(help: ArgumentHelp("The picture to write.", valueName: "file.jpg"))
    var out: String

    @Option(help: "Number of images.")
    var count = 64

    @Option(help: "Factor on the standard deviation of the flow's latent variables.")
    var temperature = 1.0

    @Option(help: "Of the draw: a seed always gives the same picture.")
    var seed = 1

    @Option(help: "Use the weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("--count takes 1 to 10000.") }
        if !(temperature >= 0 && temperature.isFinite) {
            throw ValidationError("--temperature takes a number of at least 0.")
        }
        if seed < 0 { throw ValidationError("A seed is at least 0.") }
    }

    func run() throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        let grid = try run.sampleGrid(count, seed: seed, temperature: temperature)
        try grid.write(to: out)
        print(
            "\(out): \(count) samples, \(Console.percent(grid.clippedShare)) of the values clipped to 0...255"
        )
    }
}
