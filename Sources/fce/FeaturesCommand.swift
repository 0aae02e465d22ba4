import ArgumentParser
import Evaluation
import Runs

struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Write what a network's convolutions make of a run's images.",
        discussion: """
            Examples:
              fce features Runs/svhn10k-500-fce/seed-1 --out train.safetensors
              fce features Runs/svhn10k-500-fce/seed-1 --set test --layers top --out test.safetensors

            The file holds `features`, float32 [images, features], and `labels`, int32
            [images] (-1 without a class), in the order of the data. In Python:

              from safetensors.numpy import load_file
              x = load_file("train.safetensors")["features"]

            Every layer's output, after its leaky ReLU, is max-pooled to 4x4, flattened
            (row, column, channel), and put behind those of the layers below it. Cell i of
            an axis of length n takes pixels floor(i n / 4) up to ceil((i + 1) n / 4):
            6x6 maps in overlapping windows of 2. Maps smaller than 4x4 stay as they are.
            Images are at the centres of their bytes' bins, without dropout, in float32.
            Averaged weights are used where the run has them.
            """)

    @OptionGroup var runArgument: RunArgument

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var out: String

    @OptionGroup var network: ProbedNetwork

    /// The images to take features of.
    enum Images: String, ExpressibleByArgument, CaseIterable { case train, test }

    @Option(help: "Of the training or of the test images.")
    var set = Images.train

    @Option(help: ArgumentHelp("all, top, or names such as conv2,conv3.", valueName: "layers"))
    var layers = NameList(names: ["all"])

    @OptionGroup var output: OutputOptions

    func run() throws {
        Interruption.install()
        let log = ProgressLog(quiet: output.quiet)
        let subject = try network.subject(runArgument.run, log, output)
        let size = try subject.writeFeatures(
            ofTest: set == .test, layers: layers.names, to: out, progress: Console.showing(log))
        log.end()
        print("\(out): \(size.count) images of \(size.width) features")
    }
}

/// The weights of a run that are probed, and the place of its data.
struct ProbedNetwork: ParsableArguments {
    @Option(help: "The weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    @Flag(help: "The same network as initialised from data, untrained.")
    var randomInit = false

    @Option(
        help: ArgumentHelp("Where the data are, in place of the recipe's data.directory.", valueName: "dir"))
    var data: String?

    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if randomInit && phase != nil { throw ValidationError("Give --phase or --random-init, not both.") }
    }

    func subject(_ path: String, _ log: ProgressLog, _ output: OutputOptions) throws -> ProbeSubject {
        let run = try LoadedRun(at: path, phase: phase, threads: threadOptions.threads)
        for notice in run.notices where !randomInit { log.warn(notice) }
        let data = try run.data(in: data)
        output.describe(run, data)
        guard randomInit else { return try ProbeSubject(run.state, run.recipe, data) }
        return try ProbeSubject(untrained: run.recipe, data, backend: run.backend)
    }
}

/// Names separated by commas.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init(names: [String]) { self.names = names }

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if names.contains("") || Set(names).count != names.count { return nil }
    }

    var defaultValueDescription: String { names.joined(separator: ",") }
}

extension Console {
    /// Progress of a probe as that of a run's phase; a signal ends it.
    static func showing(_ log: ProgressLog) -> ProbeProgress {
        { part, done, count in
            if Interruption.isRequested {
                log.end()
                throw ExitCode(Interruption.exitCode ?? ExitCode.failure.rawValue)
            }
            log.update(
                ProgressStatus(phase: part, phaseIndex: 0, phaseCount: 1, step: done, steps: count))
        }
    }
}
