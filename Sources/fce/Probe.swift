import ArgumentParser
import Evaluation
import Foundation
import Probes
import Runs
import System
import Training

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a linear classifier on a network's features is worth with few labels.",
        discussion: """
            Examples:
              fce probe Runs/svhn10k-probe-fce/seed-1 --labels 500,1000
              fce probe Runs/svhn10k-probe-fce/seed-1 --labels 1000 --random-init
              fce probe Runs/svhn10k-probe-fce/seed-* --layers top --classifier logistic --json
              fce probe Runs/svhn10k-probe-fce/seed-1 --costs 1e-6,1e-5,1e-4

            The protocol is DCGAN's (Radford et al., 2016): every convolution's output,
            max-pooled to 4x4, makes the features (`fce features --help`); a linear
            classifier is trained on few labelled images. C is chosen from 1e-4 to 1e-2
            (--costs: features are not scaled, and very large or small ones want other
            values) by the mean error of ten class-balanced draws of the labelled images
            on training images held out (--hold-out; the run's own held-out images are
            among them, and no draw has any). Then --draws other draws are trained with
            that C and tested.

            svm       L2-regularised linear support vector machines with squared hinge,
                      one class against the rest: scikit-learn's LinearSVC
            logistic  multinomial logistic regression with unregularised intercepts:
                      scikit-learn's LogisticRegression

            The table has the mean test error over draws, its sample standard deviation,
            and where 95 % of draws lie (1.96 deviations). Of all labels there is one draw.

            Draws are functions of the run's seed: probes of runs with equal seeds see
            equal images. Features are kept in features/ of the run directory and found
            there; it may be deleted. Results go to probe.json beside them, for `fce
            report`. Defaults are those of the recipe's [probe], with which a run is
            probed when its training ends.
            """)

    @Argument(help: "Run directories.", completion: .directory)
    var runs: [String]

    @Option(help: ArgumentHelp("Labelled images of a draw, or `all`.", valueName: "a,b,c"))
    var labels: LabelList?

    @Option(help: "Draws to test.")
    var draws: Int?

    @Option(help: "svm or logistic.")
    var classifier: LinearMethod?

    @Option(help: ArgumentHelp("all, top, or names such as conv2,conv3.", valueName: "layers"))
    var layers: NameList?

    @Option(help: ArgumentHelp("Training images to choose C by.", valueName: "images"))
    var holdOut: Int?

    @Option(help: ArgumentHelp("Values of C to choose among.", valueName: "a,b,c"))
    var costs: CostList?

    @OptionGroup var network: ProbedNetwork

    @Flag(help: "Neither look for features in the run directory nor keep them there.")
    var noCache = false

    @Flag(help: "Print a JSON array.")
    var json = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let draws, !(1...100_000).contains(draws) {
            throw ValidationError("--draws takes 1 to 100000.")
        }
        if let holdOut, holdOut < 1 { throw ValidationError("--hold-out takes a number of at least 1.") }
    }

    func run() throws {
        Interruption.install()
        let log = ProgressLog(quiet: output.quiet || json)
        let probed = try runs.map { path in
            let files = RunFiles(path: path)
            let subject = try network.subject(path, log, output)
            let results = try subject.probe(
                try plan(of: files.recipe()), cache: noCache ? nil : files.file("features"),
                warn: { log.warn($0) }, progress: Console.showing(log))
            log.end()
            do {
                try files.keep(results, recipeHash: try files.header().recipeHash)
            } catch let error as UserError where error.kind == .output {
                log.warn("not kept for reports: \(error)")
            }
            return RunProbe(run: path, results: results)
        }
        if json { try Console.printJSON(probed) } else { show(probed) }
    }

    private struct RunProbe: Encodable {
        let run: String
        let results: [ProbeResult]
    }

    private func plan(of recipe: Recipe) -> ProbePlan {
        var plan = recipe.probe
        if plan.labels.isEmpty { plan.labels = [500, 1000] }
        if let labels { plan.labels = labels.counts }
        if let layers { plan.layers = layers.names }
        if let draws { plan.settings.draws = draws }
        if let classifier { plan.settings.method = classifier }
        if let holdOut { plan.settings.holdOut = holdOut }
        if let costs { plan.settings.costs = costs.costs }
        return plan
    }

    private func show(_ probed: [RunProbe]) {
        let rows = probed.flatMap { run in run.results.map { row(run.run, $0) } }
        Console.printTable(
            [
                "run", "network", "classifier", "features", "labels", "C", "held out", "test error", "sd",
                "95 % of draws", "draws",
            ],
            rows, left: [0, 1, 2])
        let costs = costs?.costs ?? ProbeSettings.costs
        let chosen = probed.flatMap { $0.results.map(\.cost) }
        let ends = [costs[0], costs[costs.count - 1]]
        guard !output.quiet, costs.count > 1, chosen.contains(where: ends.contains) else { return }
        print("A C at an end of \(costs.map(\.description).joined(separator: ", ")): --costs takes others.")
    }

    private func row(_ run: String, _ result: ProbeResult) -> [String] {
        let interval = result.interval.map {
            "\(fixed(100 * $0.low, 2)) to \(fixed(100 * $0.high, 2))"
        }
        return [
            run, result.network.rawValue, result.classifier, String(result.features), String(result.labels),
            result.cost.description, percentText(result.heldOutError), percentText(result.error),
            fixed(result.deviation.map { 100 * $0 }, 2), interval ?? "–",
            String(result.errors.count),
        ]
    }
}

extension LinearMethod: ExpressibleByArgument {}

/// `--labels`: numbers separated by commas, or `all`, which recipes write as 0.
struct LabelList: ExpressibleByArgument {
    let counts: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let counts = parts.compactMap { $0 == "all" ? 0 : Int($0).flatMap { $0 > 0 ? $0 : nil } }
        guard counts.count == parts.count, Set(counts).count == counts.count else { return nil }
        self.counts = counts
    }
}

/// `--costs`: positive numbers separated by commas, kept in rising order.
struct CostList: ExpressibleByArgument {
    let costs: [Double]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let costs = parts.compactMap { Double($0).flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
        guard costs.count == parts.count, Set(costs).count == costs.count else { return nil }
        self.costs = costs.sorted()
    }
}
