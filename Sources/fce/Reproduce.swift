import ArgumentParser
import Foundation
import Reports
import Runs
import System
import Tables

struct Reproduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a table of results: every recipe with every seed.",
        discussion: """
            Examples:
              fce reproduce Recipes/fashion-mnist/table-100.toml --list
              fce reproduce Recipes/fashion-mnist/table-100.toml --jobs 2
              fce reproduce Recipes/svhn10k/table-500.toml --seeds 1 --data ~/svhn10k
              fce reproduce Recipes/svhn10k/table-500.toml --table-only
              fce reproduce --paper
              fce reproduce Recipes/svhn/table-500.toml --slurm --sbatch "--time=8:00:00"

            TABLE is a TOML file: title, seeds = [1, 2, 3], recipes = ["a.toml", …] in the
            order of the rows, results (the folder of results) and flow-per-seed = true.
            With labels = [10, 100, 0] every recipe with labels is trained with each number
            of them (0: all), and the table is test error against the number of labels, of
            these runs and of the probes that recipes ask for: table.md, table.csv and the
            curves as label-efficiency.svg.

            Each cell is a run of its own under --runs, trained by a worker process that
            writes to train.log there (with --verbose also each line of metrics); threads
            are divided among the workers. What is done
            is not repeated: a cell with a committed result, a finished run, the flow of a
            data set, the first phases that another recipe of the table has trained.

            Stop it whenever you like, by Ctrl-C or anything else: the same command goes
            on and ends in the same numbers, bit for bit, if workers get as many threads.
            Nothing that fails is tried again before that; a cell that fails takes with it
            only the cells that continue it, and the exit code is then 69.

            Finished cells leave RECIPE-seed-N.json in the folder of results, small enough
            to commit, and the table of all that are there is printed and written beside
            them: table.md, table.csv, table.json, table.tex and table.html, which also has
            the curves of the runs that are there. Of recipes in the plane whose density
            is known also log-density.svg and .csv, the error of log p over the updates of
            the energy. So a table grows over many sittings and machines. Results of other
            data, split rules or versions of a recipe are refused, and so is a folder that
            has the table of another title.

            --rehearse trains nothing: it runs every phase of the recipes for a few updates,
            with models, batches and as many generated images as at their own scale, and
            prints time, memory and size of a checkpoint, beside the prediction of
            `fce recipe check`, and the days that the table takes on this machine. What was
            rehearsed is kept for 30 days: the same command goes on where it was stopped.
            TABLE may then be a recipe.

            --paper trains nothing either: it lists every cell of the paper's tables and its
            figures with the recipe that makes it, whether that ran here and on which data,
            and the number. --results is then the folder that holds the folders of results.

            --slurm gives the cells to a cluster: one job a cell, the shared flow before
            them, continuations after their cells, the table last.
              fce reproduce TABLE --slurm --sbatch "--time=8:00:00 --cpus-per-task=16"
              fce reproduce TABLE --slurm --list       what each job is doing
              fce reproduce TABLE --slurm --wait       show the jobs, then print the table
              fce reproduce TABLE --slurm --dry-run    the scripts, and nothing else
            The same command submits only what is neither done nor in the queue. Before its
            time limit a run writes a checkpoint, and its job goes back into the queue; lost
            nodes, preemption and scancel lose no more. Programs, data and --runs must be
            where the nodes see them. Docs/clusters.md says more.

            Every cell of such a table computes in one precision, which --precision names
            where precision = "auto" of a recipe leaves it to the machine.

            A table with another --set needs other folders:
              fce reproduce TABLE --set vat.epsilon=2 --runs Runs/eps-2 --results Results/eps-2
            """)

    @Argument(
        help: ArgumentHelp(
            "The table, a TOML file or builtin:NAME (see `fce recipe list`).", valueName: "table"),
        completion: .file(extensions: ["toml"]))
    var tablePath: String?

    var table: String { tablePath ?? "" }

    @Option(help: ArgumentHelp("In place of the table's seeds.", valueName: "a,b,c"))
    var seeds: SeedList?

    @Option(help: "Workers at a time.")
    var jobs = 1

    @Option(help: "Threads of all workers together; by default all processors of the process.")
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "What precision = \"auto\" of recipes means in every cell: float32 or bfloat16.",
            valueName: "precision"))
    var precision: PrecisionName?

    @Option(help: ArgumentHelp("Where the cells are trained, and flows kept.", valueName: "dir"))
    var runs = "Runs"

    @Option(help: ArgumentHelp("The folder of results; by default the table's.", valueName: "dir"))
    var results: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Change a key of every recipe \(RecipeCommand.Overrides.phaseNames)", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: ArgumentHelp("Where the data are, in place of data.directory.", valueName: "dir"))
    var data: String?

    @Flag(help: "Print every cell with its state and what it waits for, and train nothing.")
    var list = false

    @OptionGroup(title: "Slurm") var cluster: SlurmOptions

    @Flag(
        help: ArgumentHelp(
            "With --list or --slurm: print a JSON array with an object for each cell or job; with --rehearse one object."
        ))
    var json = false

    @Flag(help: "List what the paper prints, the recipes that make it, and the numbers that were made here.")
    var paper = false

    @Flag(help: "Make the table of the results that are there, and train nothing.")
    var tableOnly = false

    @Flag(help: "Shrink every recipe to seconds and leave nothing, to see that all of it runs.")
    var smoke = false

    @Flag(
        help: ArgumentHelp(
            "Run a few updates of every phase on generated images, as many as there are, and say what the table takes here."
        ))
    var rehearse = false

    @Flag(help: "With --rehearse: rehearse also what was rehearsed before.")
    var again = false

    @Option(help: ArgumentHelp("With --rehearse: one phase, in this process.", visibility: .hidden))
    var rehearsedPhase: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if paper != (tablePath == nil) {
            throw ValidationError(paper ? "Give --paper without a table." : "Name a table, or give --paper.")
        }
        if jobs < 1 { throw ValidationError("--jobs takes a number of at least 1.") }
        if let threads, threads < 1 { throw ValidationError("--threads takes a number of at least 1.") }
        if json && !list && !rehearse && !cluster.slurm {
            throw ValidationError("--json belongs to --list, --rehearse and --slurm.")
        }
        if cluster.slurm && (tableOnly || smoke || rehearse || paper) {
            throw ValidationError("Give --slurm without --table-only, --smoke, --rehearse and --paper.")
        }
        if cluster.slurm && list && cluster.wait { throw ValidationError("Give --list or --wait, not both.") }
        if (again || rehearsedPhase != nil) && !rehearse {
            throw ValidationError("--again belongs to --rehearse.")
        }
        if rehearse && (list || tableOnly || smoke) {
            throw ValidationError("Give --rehearse without --list, --table-only and --smoke.")
        }
        if list && tableOnly { throw ValidationError("Give --list or --table-only, not both.") }
    }

    func run() throws {
        if paper {
            let coverage = try PaperCoverage(results: results ?? "Results")
            return print(Console.text(of: coverage), terminator: "")
        }
        Interruption.install()
        if cluster.slurm { return try runOnSlurm() }
        let plan = try ReproductionPlan(self)
        defer { plan.removeTemporary() }
        if list { return try plan.list(json: json) }
        if rehearse { return try rehearse(plan) }
        if tableOnly { return try collect(plan) }
        let failures = failures(plan, try train(plan))
        for failure in failures { Console.error(failure) }
        try printTable(plan)
        guard failures.isEmpty else {
            throw incomplete(failures.count, plan)
        }
    }

    func incomplete(_ count: Int, _ plan: ReproductionPlan) -> UserError {
        UserError(
            .incomplete, "\(count) of \(plan.cells.cells.count) cells have no result", at: table,
            advice: "see train.log in their run directories, then repeat the command")
    }

    /// The table of what is there: committed results, and those of runs that have finished.
    private func collect(_ plan: ReproductionPlan) throws {
        if let jobs = try? plan.cells.plan(nil),
            jobs.jobs.contains(where: { $0.facts.isFinished && !$0.facts.isRecorded })
        {
            try plan.requireFolder()
            try plan.recordFinished(jobs)
        }
        try printTable(plan)
    }

    func printTable(_ plan: ReproductionPlan) throws {
        let records = try plan.cells.records()
        guard !records.isEmpty else {
            if tableOnly {
                throw UserError(
                    .missing, "no results of this table yet", at: plan.cells.results,
                    advice: "train its cells: leave out --table-only")
            }
            return
        }
        try plan.requireFolder()
        let tables = try plan.tables(records)
        var content = try ComparisonContent(tables: tables, runs: plan.runs())
        content.title = plan.cells.title
        if plan.cells.table.labels.isEmpty {
            try tables[0].write(to: plan.cells.results)
            Console.print(tables[0])
        } else {
            let curves = LabelEfficiency(tables, title: content.title)
            try curves.write(to: plan.cells.results)
            Console.print(curves)
        }
        try ComparisonReport(content).write(to: "\(plan.cells.results)/table.html")
        try content.logDensityCurves?.write(to: plan.cells.results)
    }
}
