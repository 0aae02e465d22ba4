import ArgumentParser
import Datasets
import Foundation
import Recipes
import Reports
import Runs
import Scores
import System
import Tensors
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a recipe to the end and score it.",
        discussion: """
            Examples:
              fce train builtin:fashion-mnist/demo
              fce train Recipes/svhn10k/500-fce.toml --seeds 1,2,3 --set energy.pooling=max
              fce train Recipes/svhn/500-conv-small-fce.toml --smoke

            A folder of your own images, or a file of them, may stand in place of the recipe:
              fce train Photos
            writes the recipe that `fce init Photos` would, as Runs/Photos.toml beside the
            run (with --out DIR as DIR.toml), and trains with it. The next call uses that
            file, also when you have changed it; images that were added since are refused.

            The run directory holds the resolved recipe, metrics, checkpoints, samples,
            result.json and report.html. A run that was stopped, by Ctrl-C, a closed
            terminal or anything else, continues with --resume and the same command; its
            numbers are bit for bit those of a run that was never stopped, for the same
            number of threads. Runs that --resume finds finished are not repeated, but
            weights and results that are gone are made again.

            --from skips phases that another run has trained: FCE begins with all of
            FCE-init, so
              fce train Recipes/svhn10k/500-fce.toml --from Runs/svhn10k-500-fce-init
            trains only the joint phase, and ends in the same numbers. The other run may
            have finished, stopped or diverged, and its later phases may differ: every
            run keeps the checkpoint with which its last phase began. So a last phase can
            be tried with another rate, and the phases before it are not trained again.

            --until-phase N ends after the N-th phase, with a checkpoint from which --resume
            trains the next one, here or on another machine: a long flow may run in a job of
            its own.

            --precision says what precision = "auto" of a recipe means. By default it is
            bfloat16 on processors that multiply it and float32 on others, so that a run
            that began on one kind cannot go on on the other: float32 is possible on both.

            --final trains for use and not for a number, when the settings are chosen: on
            every image with every label, those of data.validation and the test images
            included. Nothing is left to test on, so there is no test error and no
            calibration; the run is named RECIPE-final, and tables refuse it.

            --ranks trains one run on several machines, or on parts of one:
              mpirun -n 4 fce train Recipes/svhn/500-vat.toml --ranks 4 --threads 16
            Each rank computes its share of every batch on --threads of its own, and rank 0
            writes. The numbers are those of one process but for rounding; with the same
            ranks they are bit for bit the same, and with the same --shards whatever the
            number of ranks.
            """)

    @Argument(
        help: "The recipe, a TOML file or builtin:NAME (see `fce recipe list`), or your own images.",
        completion: .file())
    var recipe: String

    @Option(help: "Moves split, initialisation and batches; by default the recipe's.")
    var seed: Int?

    @Option(help: ArgumentHelp("Several seeds, one run after the other.", valueName: "a,b,c"))
    var seeds: SeedList?

    @Option(
        help: ArgumentHelp(
            "The run directory, with --seeds the folder of seed-N; by default Runs/RECIPE/seed-N.",
            valueName: "dir"))
    var out: String?

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "A run, or the folder of its seed-N, whose ended phases begin this recipe.",
            valueName: "run"))
    var origin: String?

    @Flag(help: "Continue where a stopped run left off.")
    var resume = false

    @Option(help: ArgumentHelp("End after this phase, counted from 1.", valueName: "n"))
    var untilPhase: Int?

    @OptionGroup var threadOptions: ThreadOptions

    @OptionGroup var rankOptions: RankOptions

    @Option(
        help: ArgumentHelp(
            "What precision = \"auto\" of the recipe means: float32 or bfloat16.", valueName: "precision"))
    var precision: PrecisionName?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Change a key of the recipe \(RecipeCommand.Overrides.phaseNames)", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: ArgumentHelp("Where the data are, in place of data.directory.", valueName: "dir"))
    var data: String?

    @Flag(help: "Train on every label, test images too, and test on nothing.")
    var final = false

    @Option(help: ArgumentHelp("Where trained flows are kept and found.", valueName: "dir"))
    var flows: String?

    @Flag(help: "Shrink the recipe to about three seconds, to see that all of it runs.")
    var smoke = false

    @Option(help: ArgumentHelp("End with this process, as a worker does.", visibility: .hidden))
    var parent: Int32?

    @Flag(help: "Write a TensorBoard event file into the folder tensorboard of the run directory.")
    var tensorboard = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if data != nil && StartingPath.isData(recipe) {
            throw ValidationError("The images are named already: leave out --data.")
        }
        if let untilPhase, untilPhase < 1 { throw ValidationError("Phases are counted from 1.") }
        if seed != nil && seeds != nil { throw ValidationError("Give --seed or --seeds, not both.") }
        if let seed, !Recipe.seeds.contains(seed) {
            throw ValidationError("A seed is from 0 to \(Recipe.seeds.upperBound).")
        }
        if rankOptions.ranks != nil && threadOptions.threads == nil {
            throw ValidationError("With --ranks give --threads: those of each rank.")
        }
        if rankOptions.ranks != nil && StartingPath.isData(recipe) {
            throw ValidationError("Ranks begin with a recipe: write one for your images with `fce init`.")
        }
    }

    /// What is said after a signal.
    private var farewell: String {
        smoke && out == nil ? "interrupted" : "interrupted; continue with: \(resumeCommand)"
    }

    func run() throws {
        try rankOptions.run(farewell: farewell) { try train(on: $0) }
    }

    private func train(on world: World) throws {
        if let parent { Interruption.follow(parent: parent) }
        let log = ProgressLog(quiet: output.quiet, silent: !world.isFirst)
        let plan = try world.together { try TrainingPlan(self, world) }
        defer { plan.removeTemporary() }
        do {
            let results = try plan.runs.compactMap { try train($0, plan, log) }
            if results.count > 1 && !final && world.isFirst { Console.print(try ResultsTable(results)) }
        } catch {
            log.end()
            guard error is Interrupted else { throw error }
            log.warn(farewell)
            throw ExitCode(Interruption.exitCode ?? ExitCode.failure.rawValue)
        }
    }

    private func train(_ run: TrainingPlan.Run, _ plan: TrainingPlan, _ log: ProgressLog) throws -> RunResult?
    {
        let (files, world) = (RunFiles(path: run.options.out), run.options.world)
        if resume, let done = try world.shared(world.isFirst ? files.finishedResult(of: run.recipe) : nil) {
            log.note("\(run.recipe.name), seed \(run.recipe.seed) has finished already: \(files.path)")
            try world.onFirst {
                try files.completing("report.html") {
                    try RunReport.write(
                        files, testImages: try ExperimentData(run.recipe).test as? ImageDataset)
                }
                show(done, [files.file("report.html")])
                if tensorboard { Console.printPairs([("  TensorBoard", try files.writeEvents())]) }
            }
            return done
        }
        let experiment = try start(run, log)
        guard let result = try experiment.run() else { return nil }
        try world.onFirst {
            let pages = try RunReport.write(files, testImages: experiment.data.test as? ImageDataset)
            show(result, plan.isTemporary ? [] : pages)
        }
        return result
    }

    /// Where a smoke run finds no data it takes generated images.
    private func start(_ run: TrainingPlan.Run, _ log: ProgressLog) throws -> Experiment {
        do {
            for note in run.notes { log.note(note) }
            // What is temporary must be removed, also after a signal.
            guard run.options.isKept else { return try Experiment(run.recipe, run.options, log: log) }
            return try Interruption.endingAtOnce { try Experiment(run.recipe, run.options, log: log) }
        } catch let error as UserError where error.kind == .missing {
            guard let substitute = run.substitute else { throw error }
            for note in substitute.summary { log.note(note) }
            return try Experiment(substitute.recipe, run.options, log: log)
        }
    }

    private func show(_ result: RunResult, _ pages: [String]) {
        print("\(result.recipe), seed \(result.seed)")
        var pairs = [
            (
                "  test error",
                result.isFinal == true
                    ? "none: trained on every label, tested on nothing"
                    : percentText(result.scores[.testError])
            ),
            ("  test NLL", fixed(result.scores[.testNLL], 4, "nats")),
            ("  flow", fixed(result.scores[.flowBitsPerDim], 3, "bits/dim")),
            ("  EBM", fixed(result.scores[.energyBitsPerDim], 3, "bits/dim as c normalises it")),
            ("  training", fixed(result.seconds, 1, "s")),
        ]
        if let bound = result.scores[.boundBitsPerDim] {
            pairs.append(("  VAE", fixed(bound, 3, "bits/dim at most")))
        }
        pairs += zip(["  report", "  picture"], pages).map { ($0, $1) }
        Console.printPairs(pairs)
    }

    /// What the user typed, with `--resume`; whoever types it is not a worker.
    private var resumeCommand: String {
        var typed = resume ? Console.arguments : Console.arguments + ["--resume"]
        if let parent, let place = typed.firstIndex(of: "--parent"), typed[place...].count > 1,
            typed[place + 1] == String(parent)
        {
            typed.removeSubrange(place...place + 1)
        }
        return shellQuoted(typed)
    }
}

/// `1,2,3` on the command line.
struct SeedList: ExpressibleByArgument {
    let seeds: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let seeds = parts.compactMap { Int($0) }
        guard seeds.count == parts.count, Set(seeds).count == seeds.count,
            seeds.allSatisfy(Recipe.seeds.contains)
        else { return nil }
        self.seeds = seeds
    }
}
