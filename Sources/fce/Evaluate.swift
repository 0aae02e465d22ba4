import ArgumentParser
import Datasets
import Evaluation
import Runs
import Scores
import System
import Training

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Score a run's weights on its test data.",
        discussion: """
            Examples:
              fce eval Runs/fashion-mnist-demo/seed-1
              fce eval Runs/fashion-mnist-demo/seed-1 --phase 2 --json
              fce eval Runs/svhn10k-500-fce/seed-1 --ood noise --ood constant
              fce eval Runs/svhn10k-500-fce/seed-1 --ood cifar10=Data/cifar10
              fce eval Runs/svhn10k-500-fce/seed-1 --fid --inception inception.safetensors
              fce eval Runs/svhn10k-500-fce/seed-1 --features Runs/svhn10k-supervised/seed-1

            Classes are predicted at the centres of the bytes' bins; densities are of
            the first 2,000 test images, dequantised. log p is normalised by c only: log
            Z, estimated by importance sampling with the flow as proposal, says what is
            missing. A small effective sample size means that the estimate is
            unreliable. log q of the flow's samples is compared with what the density pass
            gives for the same images: rounding parts them, most where a sample lies far
            outside of the images' range (its largest |x| is shown; images lie within 0.5).

            Confidences are scaled by one temperature, fitted on the held-out training
            images (data.validation of the recipe; Guo et al., 2017). Above 1 the model
            was over-confident; the predicted classes stay the same.

            --ood names images that are not the run's: `noise` (every byte drawn by
            itself), `constant` (every image of one colour), or NAME=PATH with the path of
            a folder of SVHN, Fashion-MNIST or CIFAR-10 (its test part), of JPEGs or PNGs (those
            in `test`, or all), or of a file as `fce predict` takes it; resized and turned
            grey or coloured as the model needs. As many of them as test images, 2,000 at
            most, are scored by log p(x), by log p(x) - log q(x) and by max p(y|x)
            (Hendrycks & Gimpel, 2017). AUROC is the probability that a test image scores
            above such an image: 1 tells them apart, 0.5 does not, below 0.5 the other
            images score higher. A finished run keeps the outcome in evaluation.json, for
            `fce report`.

            --fid draws samples and compares them with all training images in the
            features of Inception v3: the Fréchet distance (FID; Heusel et al., 2017) and
            the kernel distance (KID; Binkowski et al., 2018) with its standard error.
            Samples are bytes, and images are resized to 299x299 as pytorch-fid does it.
            The weights cannot be part of this tool: Examples/inception.py makes the file
            from those of pytorch-fid. --features RUN takes the features of a classifier
            that was trained here in their place, which needs no such file. Its distances
            are no FID: they compare models with one another, on the same images and with
            the same classifier only. Both depend on the number of samples. A finished run
            keeps them for tables and reports; the features of the images are kept in the
            folder --cache.
            """)

    @OptionGroup var runArgument: RunArgument
    @OptionGroup var threadOptions: ThreadOptions

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    @Option(
        help: "Score the weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @Option(
        name: .customLong("ood"),
        help: ArgumentHelp(
            "Other images to tell from the test images: noise, constant or NAME=PATH; repeatable.",
            valueName: "set"))
    var others: [OtherImages] = []

    @Flag(help: "Compare samples with the training images in the features of Inception v3.")
    var fid = false

    @Option(help: ArgumentHelp("The weights of Inception v3 for --fid.", valueName: "file"))
    var inception = "Data/inception.safetensors"

    @Option(
        help: ArgumentHelp(
            "Compare samples with the training images in the features of this run's classifier.",
            valueName: "run"))
    var features: String?

    @Option(help: "Number of samples for --fid and --features.")
    var samples = 10_000

    @Option(help: ArgumentHelp("Where features of images are kept and found.", valueName: "dir"))
    var cache = "Runs/features"

    @Flag(help: "Print one JSON object: all keys, with null for what the run does not have.")
    var json = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let names = others.map(\.name)
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw ValidationError("--ood \(names[twice]) is given twice; a set needs a name of its own.")
        }
        if !(20...1_000_000).contains(samples) {
            throw ValidationError("--samples takes 20 to 1000000.")
        }
    }

    func run() throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase, threads: threadOptions.threads)
        Console.warn(run.notices)
        let data = try run.data(in: data)
        Console.warn(data.notices)
        output.describe(run, data)
        var score = try run.score(on: data, against: others)
        let qualities = try qualities(of: run, data)
        score.add(qualities)
        if json { try Console.printJSON(score) } else { show(score, run) }
        if !others.isEmpty { try keep { try run.keep(score, data) } }
        if !qualities.isEmpty { try keep { try run.keep(qualities) } }
    }

    /// How far samples are from images, in the features that were asked for.
    private func qualities(of run: LoadedRun, _ data: ExperimentData) throws -> [SampleQuality] {
        let networks: [QualityNetwork] =
            (fid ? [.inception(weights: inception)] : []) + (features.map { [.classifier(run: $0)] } ?? [])
        guard !networks.isEmpty else { return [] }
        Interruption.install()
        let log = ProgressLog(quiet: output.quiet)
        defer { log.end() }
        return try networks.map { network in
            try run.sampleQuality(
                in: network, on: data, samples: samples, cache: cache, warn: log.warn,
                progress: Console.showing(log))
        }
    }

    /// The scores are printed by now: a folder that cannot be written is not the end of them.
    private func keep(_ write: () throws -> Bool) throws {
        do {
            if try write() { return }
            Console.warn(["not kept in evaluation.json: these weights are not a finished run's outcome"])
        } catch let error as UserError where error.kind == .output {
            Console.warn(["not kept for reports: \(error)"])
        }
    }

    private func show(_ score: RunScore, _ run: LoadedRun) {
        print(
            "\(score.recipe), seed \(score.seed): end of phase \(score.phaseNumber) of "
                + "\(run.recipe.phases.count) (\(score.phase.name)), \(score.testCount) test examples")
        let scores = score.phase.scores
        Console.printPairs(
            lines(Metric.classification, scores) + [("temperature", temperature(score))]
                + lines([.flowBitsPerDim], scores)
                + [("log q of samples", agreement(score.flowAgreement))]
                + lines([.energyBitsPerDim], scores) + [("log Z", logZ(scores.logZ))]
                + lines([.normalizedBitsPerDim], scores))
        for rare in [[Metric.boundBitsPerDim], Metric.knownDensity] {
            Console.printPairs(lines(rare, scores))
        }
        for quality in score.sampleQuality { Console.printPairs(lines(quality)) }
        if let confusion = scores.confusion {
            ConfusionText(counts: confusion, names: confusion.indices.map(run.header.className)).show()
        }
        if !score.otherSets.isEmpty { show(score.otherSets) }
    }

    private func lines(_ metrics: [Metric], _ scores: Scores) -> [(name: String, value: String)] {
        metrics.compactMap { metric in
            guard let name = metric.name(at: .evaluation), !metric.isRare || scores[metric] != nil else {
                return nil
            }
            return (name, metric.exactText(scores[metric]))
        }
    }

    private func lines(_ quality: SampleQuality) -> [(name: String, value: String)] {
        let error = quality.kernelError.map { " ± \(fixed($0, 4)) (standard error)" } ?? ""
        return quality.scores.map { metric, value in
            let isKernel = value == quality.kernel
            return (
                metric.title,
                "\(fixed(value, isKernel ? 4 : 2))" + (isKernel ? error : " (\(quality.description))")
            )
        }
    }

    private func temperature(_ score: RunScore) -> String {
        guard let scaling = score.phase.scores.scaling else {
            return score.phase.scores[.testError] != nil && score.heldOutCount == 0
                ? "– (the recipe holds out no training images to fit it on)" : "–"
        }
        return "\(fixed(scaling.temperature, 4)), fitted on \(scaling.heldOutCount) held-out images; "
            + "then NLL \(Metric.testNLL.exactText(scaling.testNLL)), "
            + "ECE \(Metric.ece.exactText(scaling.ece)), Brier \(Metric.brier.exactText(scaling.brier))"
    }

    private func show(_ sets: [RunEvaluation.OtherSet]) {
        print("AUROC of test images against others (1: test images always score higher, 0.5: chance)")
        let rows = sets.map { set in
            [
                set.name, String(set.images), fixed(set.aurocLogP, 4),
                fixed(set.aurocLogRatio, 4), fixed(set.aurocConfidence, 4),
            ]
        }
        Console.printTable(["other set", "images", "log p", "log p − log q", "max p(y|x)"], rows)
    }

    private func agreement(_ value: FlowAgreement?) -> String {
        guard let value else { return "–" }
        let sizes =
            "median \(fixed(value.median, 4)), sd \(fixed(value.deviation, 4)), largest "
            + "\(fixed(value.largest, 4)) nats (|x| \(fixed(value.largestPixel, 1)))"
        return "against the density pass, of \(value.samples): \(sizes)"
    }

    private func logZ(_ value: LogNormalizer?) -> String {
        guard let value else { return "–" }
        let size = "effective sample size \(fixed(value.effectiveSampleSize, 1)) of \(value.samples)"
        return "\(fixed(value.estimate, 3, "nats")), \(size)"
            + (value.isUnreliable ? " (low: unreliable)" : "")
    }
}

extension OtherImages: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
