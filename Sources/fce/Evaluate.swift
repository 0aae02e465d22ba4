import ArgumentParser
import Experiments
import Tensors

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Score a run's weights on its test data.",
        discussion: """
            Examples:
              fce eval Runs/fashion-mnist-demo/seed-1
              fce eval Runs/fashion-mnist-demo/seed-1 --phase 2 --json

            Classes are predicted at the centres of the bytes' bins; densities are of
            the first 2,000 test images, dequantised. log p is normalised by c only: log
            Z, estimated by importance sampling with the flow as proposal, says what is
            missing. A small effective sample size means that the estimate is
            unreliable.
            """)

    @OptionGroup var runArgument: RunArgument
    @OptionGroup var threadOptions: ThreadOptions

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    @Option(
        help: "Score the weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        let score = try run.score(on: try run.data(in: data))
        if json { try Console.printJSON(score) } else { show(score, run) }
    }

    private func show(_ score: RunScore, _ run: LoadedRun) {
        print(
            "\(score.recipe), seed \(score.seed): end of phase \(score.phaseNumber) of "
                + "\(run.recipe.phases.count) (\(score.phase.name)), \(score.testCount) test examples")
        Console.printPairs([
            ("test error", Console.percent(score.phase.testError)),
            ("NLL", Console.fixed(score.phase.testNLL, 4, "nats")),
            ("ECE", Console.percent(score.phase.ece)),
            ("Brier", Console.fixed(score.brier, 4)),
            ("flow", Console.fixed(score.phase.flowBitsPerDim, 4, "bits/dim")),
            ("EBM", Console.fixed(score.phase.energyBitsPerDim, 4, "bits/dim, normalised by c only")),
            ("log Z", logZ(score.phase.logZ)),
        ])
        if let confusion = score.phase.confusion { show(confusion) }
    }

    private func logZ(_ value: RunEvaluation.Normalizer?) -> String {
        guard let value else { return "–" }
        let size = "effective sample size \(Console.fixed(value.effectiveSampleSize, 1)) of \(value.samples)"
        return "\(Console.fixed(value.estimate, 3, "nats")), \(size)"
            + (value.isUnreliable ? " (low: unreliable)" : "")
    }

    private func show(_ confusion: [[Int]]) {
        print("confusion (rows: true class, columns: predicted class)")
        let width = 1 + max(4, confusion.joined().map { String($0).count }.max() ?? 0)
        func row(_ name: String, _ cells: [String]) -> String {
            ([name] + cells).map { String(repeating: " ", count: max(1, width - $0.count)) + $0 }.joined()
        }
        print(row("", confusion.indices.map(String.init)))
        for (label, counts) in confusion.enumerated() { print(row(String(label), counts.map(String.init))) }
    }
}
