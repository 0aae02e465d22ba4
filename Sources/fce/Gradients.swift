import ArgumentParser
import Evaluation
import Foundation
import Runs
import System
import Training

struct Gradients: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The flow's gradient in a joint phase: mean and noise of its parts.",
        discussion: """
            Examples:
              fce gradients Runs/svhn10k-500-fce/seed-1
              fce gradients Runs/svhn10k-500-fce/seed-1 --phase 2 --batches 128 --json

            Takes the gradient of V for the flow apart over many batches at the weights of a
            phase's end: the part through the samples, which flow-gradient = "pathwise"
            follows, the part through log q, which it leaves out, and for comparison the
            gradient of the likelihood. The norm of a mean is free of the noise's bias.
            """)

    @OptionGroup var runArgument: RunArgument
    @OptionGroup var threadOptions: ThreadOptions

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    @Option(help: "The weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @Option(help: "Batches, at least 2.")
    var batches = 64

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if batches < 2 { throw ValidationError("--batches takes a number of at least 2.") }
    }

    func run() throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        let data = try run.data(in: data)
        output.describe(run, data)
        let study = try run.state.flowGradients(batches: batches, run.recipe, data)
        if json { return try Console.printJSON(study) }
        print(
            "\(run.recipe.name), seed \(run.recipe.seed): end of phase \(run.phase + 1), \(study.batches) batches of "
                + "\(study.batch)")
        Console.printPairs([
            ("through samples", line(study.throughSamples)), ("left out by pathwise", line(study.leftOut)),
            ("of the likelihood", line(study.likelihood)),
            ("cosine", study.cosine.map { fixed($0, 3) } ?? "–"),
        ])
        print("The cosine is between the means of what is left out and of the likelihood's gradient.")
    }

    private func line(_ moments: GradientMoments) -> String {
        let mean =
            moments.squaredNorm > 2 * moments.standardError
            ? "mean \(figure(moments.norm))" : "mean lost in noise"
        return
            "\(mean) (squared \(figure(moments.squaredNorm)) ± \(figure(moments.standardError))), noise of a batch "
            + figure(moments.noise)
    }

    /// Three digits that count.
    private func figure(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        let digits = 2 - Int(log10(abs(value)).rounded(.down))
        return fixed(value, max(0, min(12, digits)))
    }
}
